"""An outage trips the breaker: all lanes wait, one call probes, and it closes by itself."""

from datetime import timedelta
from zlib import crc32

import pytest

from fsdest.delivery import account, backoff, breaker, control, ledger, recount, run
from fsdest.models import Destination, Lane

LANES = 4


def uids_of_lane(lane, prefix, count):
    numbered = (f"{prefix}-{n}" for n in range(2_000))
    return [uid for uid in numbered if crc32(uid.encode()) % LANES == lane][:count]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """The pauses between two tries are the only ones that are not on the test's clock."""
    monkeypatch.setattr(backoff, "SHORTEST", timedelta(milliseconds=20))


@pytest.fixture
def next_due(clock):
    """`next_due()` moves to the moment at which a lane is due, and works all that are."""

    def next_due():
        clock.now = max(clock.now, Lane.objects.exclude(due_at=None).earliest("due_at").due_at)
        due = list(Lane.objects.workable(clock()).values_list("pk", flat=True))
        for lane_id in due:
            run.work(lane_id, clock=clock)
        return len(due)

    return next_due


def calls(sandbox):
    return sandbox.get("state")["requests"]


def test_tripped_it_sends_nothing_but_one_call_a_probe(destination_with, next_due, clock, sandbox):
    sandbox.play(kind="status", status=503)
    destination = destination_with(*({"uid": f"user-{n}"} for n in range(200)))
    control.activate(destination, now=clock())
    while not destination.probe_at:
        next_due()
        destination.refresh_from_db()
    before = calls(sandbox)

    next_due()
    next_due()

    assert calls(sandbox) == before + 2
    destination.refresh_from_db()
    assert destination.failed_probes == 3
    assert all("503" in lane.waits_for for lane in destination.lanes.all())
    assert recount.recount(destination).is_right


def test_it_closes_when_a_probe_gets_through_and_all_lanes_go_on(
    destination_with, next_due, clock, sandbox
):
    sandbox.play(kind="status", status=503, times=60)
    destination = destination_with(*({"uid": f"user-{n}"} for n in range(200)))
    control.activate(destination, now=clock())

    for _ in range(100):
        if destination.lanes.exclude(due_at=None).exists():
            next_due()

    destination.refresh_from_db()
    assert (destination.probe_at, destination.failed_probes) == (None, 0)
    assert account.balance(destination).delivered == 200
    assert recount.recount(destination).is_right


def test_failing_records_of_one_lane_do_not_hold_the_others(
    destination_with, next_due, clock, sandbox
):
    sandbox.play(kind="status", status=503, contains="poison")
    poison = uids_of_lane(0, "poison", 40)
    good = uids_of_lane(1, "user", 400)
    destination = destination_with(*({"uid": uid} for uid in [*poison, *good]))
    control.activate(destination, now=clock())

    for _ in range(4):
        next_due()

    assert set(sandbox.get("uids")["uids"]) == set(good)
    assert account.balance(destination).quarantined == 0


def test_one_failing_record_of_a_batch_is_found_and_the_others_get_through(
    destination_with, next_due, clock, sandbox, finish_jobs
):
    sandbox.play(kind="status", status=503, contains="poison")
    uids = [f"user-{n}" for n in range(100)]
    destination = destination_with(
        *({"uid": uid} for uid in [*uids[:33], "poison", *uids[33:]]),
        endpoint="batch-create-users",
    )
    control.activate(destination, now=clock())
    for _ in range(30):
        if not destination.parked.exists():
            next_due()

    finish_jobs(destination)

    assert set(sandbox.get("uids")["uids"]) == set(uids)
    assert [row.offset for row in destination.parked.all()] == [33]
    assert recount.recount(destination).is_right


def test_a_prober_that_dies_is_followed_by_another(destination_with, next_due, clock, sandbox):
    destination = destination_with({"uid": "ann"})
    control.activate(destination, now=clock())
    type(destination).objects.update(
        probe_at=clock() + timedelta(seconds=40), failed_probes=1, failing_reason="Down (503)."
    )

    next_due()
    assert calls(sandbox) == 0
    next_due()

    assert sandbox.get("uids")["uids"] == ["ann"]


def test_of_workers_that_come_at_once_one_probes(destination_with, clock):
    destination = destination_with({"uid": "ann"})
    control.activate(destination, now=clock())
    Destination.objects.update(probe_at=clock(), failing_reason="503")
    lanes = [ledger.claim(pk, now=clock()) for pk in destination.lanes.values_list("pk", flat=True)]

    waits = [breaker.enter(lane, now=clock()) for lane in lanes]

    assert [wait is None for wait in waits] == [True] + [False] * (LANES - 1)
