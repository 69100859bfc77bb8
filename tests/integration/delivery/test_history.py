"""Searching past calls of a real delivery, and finding whose record is whose."""

from datetime import timedelta

import pytest

from fsdest.delivery import history, prune, run, whereabouts, whose
from fsdest.delivery.history import Wanted
from fsdest.delivery.whereabouts import Place
from fsdest.fullstory.verdicts import VerdictKind


def users(*uids: str) -> list[dict[str, object]]:
    return [{"uid": uid, "email": f"{uid}@example.com", "plan": "pro"} for uid in uids]


def test_the_records_of_a_user_are_found_exactly(destination_with):
    uids = ["ann", "anna", 'a"n\\n', "änn", "ann", "x" * 300, "a/b"]
    destination = destination_with(*users(*uids))

    for uid in uids:
        assert whose.find(destination, uid).offsets == [n for n, u in enumerate(uids) if u == uid]
    assert whose.find(destination, "AN").offsets == []


def test_a_uid_that_is_a_number_is_found_as_it_is_sent(destination_with):
    destination = destination_with({"uid": 12, "email": "a"}, {"uid": 1.5, "email": "b"})

    assert whose.find(destination, "12").offsets == [0]
    assert whose.find(destination, "1.5").offsets == [1]


def test_looking_through_a_long_nexset_stops_and_goes_on(destination_with):
    destination = destination_with(*users(*(f"user-{n}" for n in range(3500))))

    first = whose.find(destination, "user-3210", within_s=0)
    assert (first.offsets, first.next) == ([], 1000)

    found, steps = [], 0
    at = first.next
    while at is not None:
        step = whose.find(destination, "user-3210", first=at, within_s=0)
        found, at, steps = found + step.offsets, step.next, steps + 1
    assert (found, steps) == ([3210], 3)


def test_a_user_with_very_many_records_is_shown_in_portions(destination_with, monkeypatch):
    monkeypatch.setattr(whose, "MOST_FOUND", 2)
    destination = destination_with(*users("ann", "bob", "ann", "ann"))

    first = whose.find(destination, "ann")
    assert (first.offsets, first.next) == ([0, 2], 3)
    assert whose.find(destination, "ann", first=3) == whose.Whose(offsets=[3], next=None)


def test_a_refused_record_shows_every_call_that_it_travelled_in(destination_with, deliver, sandbox):
    sandbox.post("settings", {"job_s": 0})
    sandbox.play(
        kind="status", status=400, body={"code": "bad", "message": "no"}, contains="user-5@"
    )
    people = users(*(f"user-{n}" for n in range(8)))
    destination = destination_with(*people, endpoint="batch-create-users")
    deliver(destination)

    calls = history.search(destination, Wanted(offsets=[[5, 5]]), limit=50).calls

    assert [call.records for call in calls] == [1, 2, 4, 8]
    assert [call.kind for call in calls] == [VerdictKind.QUARANTINE, *[VerdictKind.SPLIT] * 3]
    assert whereabouts.find(destination, 5, calls).place is Place.QUARANTINED
    theirs = history.search(destination, Wanted(offsets=[[4, 4]]), limit=50).calls
    assert whereabouts.find(destination, 4, theirs).place is Place.DELIVERED


def test_going_on_misses_nothing_when_pages_were_joined_meanwhile(
    destination_with, deliver, sandbox, clock, monkeypatch
):
    monkeypatch.setattr(run, "CHECKPOINT_CALLS", 1)
    destination = destination_with(*users(*(f"user-{n}" for n in range(40))))
    deliver(destination)
    first = history.search(destination, Wanted(), limit=15)
    clock.forward(hours=2)
    assert prune.prune(keep=timedelta(days=14), clock=clock).joined

    rest = history.search(destination, Wanted(), limit=50, before=first.before)

    offsets = [call.first_offset for call in [*first.calls, *rest.calls]]
    assert sorted(offsets) == list(range(40))


@pytest.mark.parametrize("endpoint", ["create-or-update-user", "batch-create-users"])
def test_a_pending_record_is_pending_whatever_its_lane(destination_with, endpoint):
    destination = destination_with(*users(*(f"user-{n}" for n in range(12))), endpoint=endpoint)

    for offset in range(12):
        where = whereabouts.find(destination, offset, [])
        assert (where.place, where.lane is None) == (Place.PENDING, False)
