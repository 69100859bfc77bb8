"""Deletions at FullStory are for those to whom they were granted by name, admins not excepted."""

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.delivery import control, portable
from fsdest.fullstory import by_hand, catalogue
from fsdest.models import Destination
from fsdest.payloads import configuration as configurations

DELETE = configurations.guess(catalogue.endpoint("delete-user"), ["uid"])


@pytest.fixture
def deletes(destination) -> Destination:
    """A paused destination whose second version deletes users."""
    control.save_version(destination, DELETE, user=None, now=timezone.now())
    destination.refresh_from_db()
    return destination


@pytest.fixture
def ungranted(as_ann, ann):
    """Ann's browser: an admin who may not delete at FullStory."""
    ann.memberships.update(may_delete_people=False)
    return as_ann


@pytest.mark.parametrize("verb", ["activate", "copy"])
@pytest.mark.surface("S25")
def test_it_is_not_set_going_and_not_copied(ungranted, deletes, verb, ann):
    where = reverse(f"destination-{verb}", args=[deletes.pk])

    response = ungranted.post(where)

    assert response.status_code == 403
    assert "An admin has to allow you that by name" in response.content.decode()
    deletes.refresh_from_db()
    assert deletes.is_paused
    assert Destination.objects.count() == 1

    ann.memberships.update(may_delete_people=True)
    assert ungranted.post(where).status_code == 302


@pytest.mark.parametrize("step", ["configure", "test"])
@pytest.mark.surface("S25")
def test_it_is_neither_saved_nor_tested(ungranted, deletes, stand_in, step):
    before = deletes.versions.count()
    typed = {"slot": "delete-user", "endpoint": "delete-user", "uid": "uid", "confirm": "user-0"}

    response = ungranted.post(reverse(f"wizard-{step}", args=[deletes.pk]), typed)

    assert response.status_code == 403
    assert stand_in.received == []
    assert deletes.versions.count() == before


def test_it_is_not_restored(ungranted, deletes):
    plain = deletes.versions.get(number=1).read()
    control.save_version(deletes, plain, user=None, now=timezone.now())

    response = ungranted.post(reverse("version-restore", args=[deletes.pk, 2]))

    assert response.status_code == 403
    assert deletes.versions.count() == 3


def test_it_is_not_imported(ungranted, deletes, tmp_path):
    file = tmp_path / "deletes.yaml"
    file.write_text(portable.write(deletes))

    with file.open() as given:
        asked = {"file": given, "nexset": deletes.nexset_id, "credential": deletes.credential_id}
        response = ungranted.post(reverse("destination-import"), asked)

    assert response.status_code == 403
    assert Destination.objects.count() == 1


@pytest.mark.parametrize("configuration", ["", "original"])
@pytest.mark.surface("S25")
def test_nothing_is_released_that_would_be_deleted(ungranted, deletes, world, configuration):
    if configuration:  # the records were set aside by what is not in force any more
        plain = deletes.versions.get(number=1).read()
        control.save_version(deletes, plain, user=None, now=timezone.now())
    where = reverse("quarantine-decide", args=[deletes.pk, "release"])

    response = ungranted.post(where, {"all": "1", "configuration": configuration})

    assert response.status_code == 403
    assert deletes.quarantined.filter(status="open").count() == 1


def test_it_can_always_be_paused_and_its_records_discarded(ungranted, deletes, world):
    Destination.objects.update(status="active")

    assert ungranted.post(reverse("destination-pause", args=[deletes.pk])).status_code == 302
    where = reverse("quarantine-decide", args=[deletes.pk, "discard"])
    assert ungranted.post(where, {"all": "1"}).status_code == 302


@pytest.mark.parametrize("url", ["/v2/users", "/users/v1/individual/1", "/anything"])
def test_every_deletion_by_hand_is_one(url):
    assert by_hand.endpoint("DELETE", f"https://api.fullstory.com{url}").is_irreversible
    assert not by_hand.endpoint("POST", f"https://api.fullstory.com{url}").is_irreversible
