"""A worker that died on this machine is known to be dead, and one that lives is not."""

import subprocess
import sys

import pytest

from fsdest.delivery import dryrun, ledger, presence
from fsdest.models import Destination, DryRun, Lane
from tests.running import ROOT

CLAIM_AND_SAY_SO = """
import django; django.setup()
from fsdest.delivery import presence
print(presence.name(), flush=True)
input()
"""


@pytest.fixture
def other_worker():
    """Another process, which says under which name it works."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIM_AND_SAY_SO],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def lane_of(destination_with, clock):
    """`lane_of(name)` returns a lane that the worker of that name owns."""

    def own(name):
        destination = destination_with({"uid": "ann"})
        Destination.objects.filter(pk=destination.pk).update(status="active")
        lane = ledger.claim(destination.lanes.get(number=0).pk, now=clock())
        assert lane is not None
        Lane.objects.filter(pk=lane.pk).update(owner=name)
        return lane

    return own


def test_the_lane_of_a_killed_worker_is_free_at_once(lane_of, other_worker, clock):
    lane = lane_of(other_worker.stdout.readline().strip())
    presence.end_leases_of_the_dead(now=clock())
    assert not Lane.objects.workable(clock()).filter(pk=lane.pk).exists(), "it is alive"

    other_worker.kill()
    other_worker.wait()
    presence.end_leases_of_the_dead(now=clock())

    assert Lane.objects.workable(clock()).filter(pk=lane.pk).exists()


def test_our_own_lanes_stay_ours(lane_of, clock):
    lane = lane_of(presence.name())

    presence.end_leases_of_the_dead(now=clock())

    assert not Lane.objects.workable(clock()).filter(pk=lane.pk).exists()


def test_a_worker_of_another_machine_keeps_its_lease(lane_of, clock):
    lane = lane_of("f" * 32)

    presence.end_leases_of_the_dead(now=clock())

    assert not Lane.objects.workable(clock()).filter(pk=lane.pk).exists()


def test_the_dry_run_of_a_killed_worker_is_free_at_once(destination_with, other_worker, clock):
    run = dryrun.start(destination_with({"uid": "ann"}), now=clock())
    DryRun.objects.update(
        owner=other_worker.stdout.readline().strip(), lease_until=clock() + dryrun.LEASE
    )
    presence.end_leases_of_the_dead(now=clock())
    assert dryrun.abandoned(clock()) == []

    other_worker.kill()
    other_worker.wait()
    presence.end_leases_of_the_dead(now=clock())

    assert dryrun.abandoned(clock()) == [str(run.pk)]
