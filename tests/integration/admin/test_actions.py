"""The actions of the console: they ask, do it as the product does, tell, and are audited."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fsdest.audit import Action
from fsdest.models import AuditEntry, Credential, Decision, Destination, Lane, QuarantinedRecord

KEY = "na1.ANOTHERSECRET/ORG2"
OWNER = {"email": "daniel@example.com", "orgId": "ABC", "role": "USER"}


@pytest.fixture
def press(operator: Client):
    """`press("lane", "requeue", lane)`: choose rows and the action; return the page that asks,
    and the one that tells after a yes."""

    def press(kind: str, action: str, *rows: object) -> tuple[str, str]:
        where = reverse(f"admin:fsdest_{kind}_changelist")
        chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
        asked = operator.post(where, chosen).content.decode()
        entries = AuditEntry.objects.count()
        assert 'name="confirmed"' in asked
        told = operator.post(where, chosen | {"confirmed": "1"}, follow=True).content.decode()
        assert AuditEntry.objects.count() > entries
        return asked, told

    return press


@pytest.mark.parametrize(
    ("action", "before", "after", "said"),
    [("activate", "paused", "active", "is active."), ("pause", "active", "paused", "pauses.")],
)
def test_destinations_are_turned(press, make_destination, action, before, after, said):
    destination = make_destination("To FullStory", status=before)

    asked, told = press("destination", action, destination)

    assert "To FullStory" in asked
    assert f"To FullStory {said}" in told
    assert Destination.objects.get().status == after
    assert AuditEntry.objects.latest("id").actor_name == "root"


def test_asking_changes_nothing(operator: Client, destination):
    where = reverse("admin:fsdest_destination_changelist")

    operator.post(where, {"action": "activate", "_selected_action": destination.pk})

    assert Destination.objects.get().status == "paused"


def test_what_cannot_be_done_is_said(operator: Client, destination):
    where = reverse("admin:fsdest_destination_changelist")
    chosen = {"action": "pause", "_selected_action": destination.pk, "confirmed": "1"}

    told = operator.post(where, chosen, follow=True).content.decode()
    assert "was not active; nothing was changed." in told


def test_a_recount_tells_where_the_books_disagree(press, books):
    _, told = press("destination", "recount_books", books)

    assert "the account does not add up" in told
    assert AuditEntry.objects.get(action=Action.RECOUNTED).after["is_right"] is False


def test_a_large_destination_is_not_recounted_in_a_page(operator: Client, destination):
    type(destination.nexset).objects.update(record_count=10_000_000)
    where = reverse("admin:fsdest_destination_changelist")
    chosen = {"action": "recount_books", "_selected_action": destination.pk, "confirmed": "1"}

    assert "manage.py checkbooks" in operator.post(where, chosen, follow=True).content.decode()


def test_a_lane_is_made_due_now(press, destination):
    later = timezone.now() + timedelta(hours=1)
    Lane.objects.update(due_at=later, waits_for="FullStory asked for a pause.", failures=3)
    lane = destination.lanes.first()

    _, told = press("lane", "requeue", lane)

    lane.refresh_from_db()
    assert "is due now." in told
    assert lane.due_at < later
    assert (lane.waits_for, lane.failures) == ("", 0)


def test_a_lane_that_is_worked_is_left_alone(operator: Client, destination):
    later = timezone.now() + timedelta(hours=1)
    Lane.objects.update(due_at=later, lease_until=later)
    where = reverse("admin:fsdest_lane_changelist")
    chosen = {"_selected_action": destination.lanes.first().pk, "confirmed": "1"}

    told = operator.post(where, chosen | {"action": "requeue"}, follow=True).content.decode()

    assert "is being worked by a worker" in told
    assert set(Lane.objects.values_list("due_at", flat=True)) == {later}


@pytest.mark.parametrize(("action", "status"), [("release", "released"), ("discard", "discarded")])
def test_quarantine_is_decided(press, books, action, status):
    books.parked.all().delete()
    row = QuarantinedRecord.objects.get()

    _, told = press("quarantinedrecord", action, row)

    assert f"1 of 1 {status}." in told
    assert QuarantinedRecord.objects.get().status == status
    assert Decision.objects.latest("id").created_by is not None


def test_a_key_is_tested_again(press, credential, stand_in):
    stand_in.says(body=json.dumps(OWNER).encode())

    _, told = press("credential", "test_again", credential)

    assert "Key: works." in told
    assert Credential.objects.get().is_verified


@pytest.mark.surface("S23")
def test_a_key_is_replaced_and_never_shown(operator: Client, credential, stand_in):
    stand_in.says(body=json.dumps(OWNER).encode())
    where = reverse("admin:fsdest_credential_change", args=[credential.pk])
    form = {"name": "Key", "description": "Ours", "per_second": "", "new_key": KEY}

    operator.post(where, form)

    saved = Credential.objects.get()
    assert (saved.unseal(), saved.description) == (KEY, "Ours")
    shown = operator.get(where).content.decode()
    assert "…ORG2" in shown
    assert "ANOTHERSECRET" not in shown
    assert saved.sealed_key not in shown
    assert AuditEntry.objects.filter(action=Action.KEY_REPLACED, actor_name="root").exists()


def test_another_form_leaves_the_key_as_it_is(operator: Client, credential):
    where = reverse("admin:fsdest_credential_change", args=[credential.pk])

    operator.post(where, {"name": "Other", "description": "", "per_second": "5", "new_key": ""})

    saved = Credential.objects.get()
    assert (saved.name, saved.per_second) == ("Other", 5.0)
    assert saved.sealed_key == credential.sealed_key
    assert not AuditEntry.objects.filter(action=Action.KEY_REPLACED).exists()


def test_a_row_has_its_actions_as_buttons(operator: Client, books):
    where = reverse("admin:fsdest_destination_change", args=[books.pk])
    shown = operator.get(where).content.decode()

    assert all(f'id="deed-{each}"' in shown for each in ("activate", "pause", "recount_books"))
