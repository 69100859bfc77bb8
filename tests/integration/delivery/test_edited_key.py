"""An edit in quarantine that changes the uid: one lane still has all records of a uid, in order."""

import json
from datetime import timedelta

import pytest
from django.db.models import F

from fsdest.delivery import account, backoff, decisions, lanes, quarantine
from fsdest.delivery.recount import recount
from fsdest.models import Block, Nexset
from fsdest.records import blocks

USERS = [f"user-{n}" for n in range(12)]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(backoff, "SHORTEST", timedelta(milliseconds=20))


@pytest.fixture
def release_as(clock, ann):
    """`release_as(destination, uid)` edits the one record in quarantine and sends it."""

    def release_as(destination, uid):
        (row,) = quarantine.open_records(destination)
        edited = {"uid": uid, "display_name": "edited"}
        decisions.release_edited(row, edited, is_original=False, user=ann, now=clock())

    return release_as


@pytest.fixture
def add_records(clock):
    """`add_records(destination, {"uid": "ann"}, ...)`: more come in."""

    def add_records(destination, *records):
        nexset = destination.nexset
        lines = [json.dumps(record).encode() for record in records]
        Block.objects.create(
            nexset=nexset,
            first_offset=nexset.record_count,
            count=len(lines),
            data=blocks.pack(lines),
        )
        Nexset.objects.filter(pk=nexset.pk).update(record_count=F("record_count") + len(lines))
        destination.lanes.update(due_at=clock())

    return add_records


def names(sandbox, uid):
    """Return the names that FullStory was told for `uid`, in order."""
    bodies = [json.loads(each["body"]) for each in sandbox.get("ledger?limit=1000")["requests"]]
    return [body["display_name"] for body in bodies if body.get("uid") == uid]


@pytest.mark.parametrize("uid", USERS[:6])
def test_it_is_sent_by_the_lane_of_its_new_uid(
    destination_with, deliver, release_as, sandbox, clock, uid
):
    records = [{"uid": each, "display_name": "first"} for each in USERS]
    destination = destination_with({"uid": "", "display_name": "no uid"}, *records)
    deliver(destination)

    release_as(destination, uid)

    parked = destination.parked.get()
    at = 1 + USERS.index(uid)
    line = json.dumps(records[at - 1]).encode()
    assert parked.order_key == uid
    assert parked.lane.number == lanes.number_of(destination, at, line)

    deliver(destination)

    assert account.balance(destination).delivered == 1 + len(USERS)
    assert recount(destination).is_right
    assert names(sandbox, uid) == ["first", "edited"]


def test_later_records_of_the_new_uid_queue_behind_it(
    destination_with, deliver, release_as, add_records, sandbox, clock
):
    destination = destination_with({"uid": "", "display_name": "no uid"}, {"uid": "x"})
    deliver(destination)
    sandbox.play(kind="status", status=503, contains="edited", route="POST /v2/users", times=4)
    release_as(destination, "user-3")
    add_records(destination, *({"uid": each, "display_name": "later"} for each in USERS))

    for _ in range(40):
        deliver(destination)
        clock.forward(minutes=5)

    assert account.balance(destination).delivered == 2 + len(USERS)
    told = names(sandbox, "user-3")
    assert told == ["edited"] * (len(told) - 1) + ["later"]
    assert len(told) > 2
    assert recount(destination).is_right
