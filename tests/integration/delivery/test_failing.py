"""Records that FullStory fails on each time, and an outage: alike, but not to end alike."""

import json
from datetime import timedelta
from zlib import crc32

import pytest
from cryptography.fernet import Fernet

from fsdest.delivery import account, backoff, control, run
from fsdest.delivery.recount import recount
from fsdest.models import Block, Credential, Lane
from fsdest.records import blocks
from fsdest.vault import Vault

LANES = 4
MOST_SHIFTS = 30


def uids_of_lane_0(prefix, count):
    numbered = (f"{prefix}-{n}" for n in range(1_000))
    return [uid for uid in numbered if crc32(uid.encode()) % LANES == 0][:count]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """The pauses between two tries are the only ones that are not on the test's clock."""
    monkeypatch.setattr(backoff, "SHORTEST", timedelta(milliseconds=20))


@pytest.fixture
def work_once(clock):
    """`work_once()` moves on to the next moment at which a lane is due, and works those."""

    def work_once():
        due_at = Lane.objects.exclude(due_at=None).earliest("due_at").due_at
        clock.now = max(clock.now, due_at)
        for lane_id in Lane.objects.workable(clock()).values_list("pk", flat=True):
            run.work(lane_id, clock=clock)

    return work_once


@pytest.fixture
def work_until(work_once):
    def work_until(holds):
        for _ in range(MOST_SHIFTS):
            if holds():
                return
            work_once()
        raise AssertionError(f"not after {MOST_SHIFTS} shifts")

    return work_until


def test_records_behind_a_clump_of_failing_ones_get_through(
    destination_with, work_until, clock, sandbox
):
    sandbox.play(kind="status", status=503, contains="poison")
    good = uids_of_lane_0("user", 5)
    poison = uids_of_lane_0("poison", 30)
    destination = destination_with(*({"uid": uid} for uid in [*poison, *good]))
    control.activate(destination, now=clock())

    work_until(lambda: set(sandbox.get("uids")["uids"]) == set(good))

    balance = account.balance(destination)
    assert (balance.delivered, balance.quarantined) == (5, 0)
    assert recount(destination).is_right


def test_parked_records_that_fail_again_do_not_keep_back_the_others(
    destination_with, work_once, work_until, clock, sandbox
):
    sandbox.play(kind="status", status=503, contains="poison")
    poison = uids_of_lane_0("poison", 12)
    first = [*uids_of_lane_0("user", 60), *poison]
    destination = destination_with(*({"uid": uid} for uid in first))
    control.activate(destination, now=clock())
    work_until(lambda: account.balance(destination).parked == len(poison))
    later = uids_of_lane_0("later", 20)
    lines = [json.dumps({"uid": uid}).encode() for uid in later]
    nexset = destination.nexset
    nexset.record_count += len(later)
    nexset.save()
    Block.objects.create(
        nexset=nexset, first_offset=len(first), count=len(later), data=blocks.pack(lines)
    )

    Lane.objects.update(failures=0)  # as if they had been parked now and then among many others
    clock.forward(hours=1)  # all of the parked ones are due
    work_once()

    assert set(later) <= set(sandbox.get("uids")["uids"])
    assert recount(destination).is_right


def test_an_outage_parks_next_to_nothing_and_blames_nobody(
    destination_with, work_once, clock, sandbox
):
    sandbox.play(kind="status", status=503)
    destination = destination_with(*({"uid": uid} for uid in uids_of_lane_0("user", 200)))
    control.activate(destination, now=clock())

    for _ in range(5):
        work_once()

    balance = account.balance(destination)
    assert balance.quarantined == 0
    assert balance.pending > 100
    assert not destination.parked.filter(attempts__gt=1).exists()
    assert recount(destination).is_right


def test_a_worker_without_the_right_keys_leaves_the_lane_to_others(
    destination_with, work_once, deliver, sandbox, clock
):
    """As in the minutes in which keys are replaced, when some processes know only the old one."""
    destination = destination_with({"uid": "ann"})
    mine = destination.credential.sealed_key
    foreign = Vault([Fernet.generate_key().decode()]).seal("na1.admin.test/TEST")
    Credential.objects.update(sealed_key=foreign)
    control.activate(destination, now=clock())

    work_once()

    lane = destination.lanes.exclude(waits_for="").first()
    assert "cannot be opened" in lane.waits_for
    assert (lane.owner, lane.due_at) == ("", clock() + run.CLOSED_WAIT)
    Credential.objects.update(sealed_key=mine)
    clock.forward(seconds=15)
    deliver(destination)
    assert account.balance(destination).delivered == 1
