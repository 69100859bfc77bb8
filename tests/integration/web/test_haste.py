"""Who is too fast is told so; what no form asks for is not taken."""

from datetime import timedelta

import pytest
from django.urls import get_resolver, reverse
from django.utils.timezone import now

from fsdest.audit import Action
from fsdest.models import AuditEntry, Credential, Organization
from fsdest.web.haste import PACES, TESTS


def done(user, *, times: int, at, action: Action = Action.TESTED) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(at=at, actor_id=str(user.pk), actor_name="ann", action=action)
        for _ in range(times)
    )


@pytest.fixture
def try_key(as_ann, credential):
    return lambda: as_ann.post(reverse("credential-test", args=[credential.pk]))


@pytest.mark.surface("S28")
def test_who_tests_too_often_is_told_to_wait_and_nothing_is_sent(try_key, ann, stand_in):
    done(ann, times=TESTS.most - 1, at=now())
    assert try_key().status_code < 400
    sent = len(stand_in.received)

    refused = try_key()

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "60 tests in a minute are the most" in refused.content.decode()
    assert sent == len(stand_in.received) > 0


@pytest.mark.surface("S28")
def test_a_minute_later_or_for_somebody_else_it_goes_on(try_key, ann, charlie, stand_in):
    done(ann, times=TESTS.most, at=now() - timedelta(seconds=61))
    done(charlie, times=TESTS.most, at=now())

    assert try_key().status_code < 400


@pytest.mark.surface("S28")
@pytest.mark.parametrize("name", sorted(PACES))
def test_every_address_with_a_pace_refuses_beyond_it(as_ann, ann, name):
    pace = PACES[name]
    done(ann, times=pace.most, at=now(), action=pace.actions[0])
    words = {"uuid": "00000000-0000-4000-8000-000000000000", "verb": "release"}
    (found,) = get_resolver().reverse_dict.getlist(name)
    wanted = found[0][0][1]

    reply = as_ann.post(
        reverse(name, kwargs={each: words.get(each, words["uuid"]) for each in wanted})
    )

    assert reply.status_code == 429


@pytest.mark.surface("S19")
def test_what_a_form_does_not_ask_for_is_not_taken(as_ann, credential):
    theirs = Organization.objects.create(name="Others")
    before = Credential.objects.filter(pk=credential.pk).values().get()

    as_ann.post(
        reverse("credential", args=[credential.pk]),
        {
            "name": "Other",
            "description": "",
            "organization": theirs.pk,
            "organization_id": theirs.pk,
        }
        | {
            "target": "fullstory",
            "sealed": "x",
            "status": "works",
            "level": "admin",
            "id": theirs.pk,
        },
    )

    after = Credential.objects.filter(pk=credential.pk).values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"name"}
