"""Credentials in the browser: add, test, rename, replace, delete, and never show a key."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.models import Credential, Destination, Nexset, Source, Version
from fsdest.web.credential_forms import NewCredentialForm

OWNER = {"email": "daniel@example.com", "orgId": "ABC", "role": "USER"}
KEY = "na1.ANOTHERSECRET/ORG2"
NEW = {"name": "Main", "description": "", "target": "sandbox", "api_key": KEY}


@pytest.fixture
def known(stand_in):
    stand_in.says(body=json.dumps(OWNER).encode())
    return stand_in


def _use(credential: Credential) -> Destination:
    source = Source.objects.create(organization=credential.organization, name="users.csv")
    nexset = Nexset.objects.create(
        organization=credential.organization, source=source, name="Users", is_ready=True
    )
    return Destination.objects.create(
        organization=credential.organization, nexset=nexset, credential=credential, name="To FS"
    )


def test_a_new_credential_is_sealed_tried_and_shown_without_its_key(as_ann, known):
    response = as_ann.post(reverse("credential-new"), NEW, follow=True)

    made = Credential.objects.get()
    assert made.unseal() == KEY
    assert KEY not in made.sealed_key
    content = response.content.decode()
    assert "Main works." in content
    assert "Standard" in content
    assert "ANOTHERSECRET" not in content


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Give the credential a name"),
        ({"name": "Key"}, "Another credential has this name already."),
        ({"api_key": ""}, "Paste the API key"),
        ({"api_key": "Basic abc"}, "Paste the key alone"),
        ({"api_key": "na1.abc def"}, "no spaces"),
        ({"api_key": "na1.äbc"}, "letters, digits and signs"),
        ({"target": "elsewhere"}, "Select a valid choice"),
    ],
)
def test_a_wrong_field_is_answered_by_a_sentence_and_keeps_the_rest(
    as_ann, credential, change, sentence
):
    response = as_ann.post(reverse("credential-new"), NEW | {"description": "Ours"} | change)

    assert response.status_code == 422
    content = response.content.decode()
    assert sentence in content
    assert 'value="Ours"' in content
    assert KEY not in content
    assert Credential.objects.count() == 1


def test_outside_development_a_key_can_only_go_to_fullstory(organization, settings):
    settings.SANDBOX_ALLOWED = False
    form = NewCredentialForm(NEW, organization=organization)

    assert "target" not in form.fields
    assert form.is_valid()
    assert form.create().target == Credential.Target.FULLSTORY


def test_a_test_shows_role_and_organization_in_place(as_ann, known, credential):
    response = as_ann.post(
        reverse("credential-test", args=[credential.pk]), headers={"HX-Request": "true"}
    )

    content = response.content.decode()
    assert "<html" not in content
    assert "Standard" in content
    assert "ABC" in content


def test_a_replaced_key_is_tried_at_once(as_ann, known, credential):
    as_ann.post(reverse("credential-key", args=[credential.pk]), {"api_key": KEY})

    credential.refresh_from_db()
    assert credential.unseal() == KEY
    assert credential.is_verified


def test_a_name_can_be_changed_and_the_key_stays(as_ann, credential):
    as_ann.post(reverse("credential", args=[credential.pk]), {"name": "Other", "description": "d"})

    credential.refresh_from_db()
    assert (credential.name, credential.unseal()) == ("Other", "na1.SECRETSECRET/ORG1")


def test_the_page_tells_who_uses_the_credential_and_then_it_cannot_be_deleted(as_ann, credential):
    _use(credential)

    content = as_ann.get(reverse("credential", args=[credential.pk])).content.decode()
    as_ann.post(reverse("credential-delete", args=[credential.pk]))

    assert "To FS" in content
    assert Credential.objects.filter(pk=credential.pk).exists()


def test_an_unused_credential_can_be_deleted(as_ann, credential):
    response = as_ann.post(reverse("credential-delete", args=[credential.pk]), follow=True)

    assert "Key is deleted." in response.content.decode()
    assert not Credential.objects.exists()


def test_the_list_is_empty_with_a_next_step_at_first(as_ann):
    content = as_ann.get(reverse("credentials")).content.decode()

    assert "No credentials yet" in content
    assert reverse("credential-new") in content


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("credential", "get"),
        ("credential", "post"),
        ("credential-key", "post"),
        ("credential-test", "post"),
        ("credential-delete", "post"),
    ],
)
def test_another_organizations_credential_is_not_there(client, charlie, credential, name, method):
    client.force_login(charlie)

    response = getattr(client, method)(reverse(name, args=[credential.pk]))

    assert response.status_code == 404
    assert Credential.objects.filter(pk=credential.pk).exists()


def _halt(destination: Destination, halt: str) -> None:
    version = Version.objects.create(
        destination=destination, number=1, configuration={}, created_at=timezone.now()
    )
    Destination.objects.filter(pk=destination.pk).update(
        status="error", status_reason="FullStory does not accept it.", halt=halt, version=version
    )


def test_replacing_the_key_says_who_goes_on_before_and_after(as_ann, credential, known):
    destination = _use(credential)
    _halt(destination, "key")
    page = reverse("credential", args=[credential.pk])
    assert "“To FS” goes on by itself" in as_ann.get(page).content.decode()

    response = as_ann.post(
        reverse("credential-key", args=[credential.pk]), {"api_key": KEY}, follow=True
    )

    assert "“To FS” had stopped for its key. It is active again." in response.content.decode()
    destination.refresh_from_db()
    assert destination.is_active


def test_a_test_of_the_key_tells_who_goes_on_in_place(as_ann, credential, known):
    _halt(_use(credential), "key")

    response = as_ann.post(
        reverse("credential-test", args=[credential.pk]), headers={"HX-Request": "true"}
    )

    assert "“To FS” had stopped for its key." in response.content.decode()
