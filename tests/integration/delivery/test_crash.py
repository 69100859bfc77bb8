"""A worker dies between a call and the checkpoint that would have told of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fsdest.delivery import account, control, ledger, run
from fsdest.delivery.recount import recount
from fsdest.models import Credential, Lane


class Died(BaseException):
    """Stands in for SIGKILL: nothing in the product may catch it."""


@pytest.fixture
def crash(clock, monkeypatch):
    """`crash(destination, at=n)` works every lane until its n-th checkpoint kills the worker.

    The first checkpoint comes before any call from the cursor on.
    """

    def crash(destination, *, at=2):
        checkpoint = ledger.checkpoint
        for lane in destination.lanes.all():
            left = at

            def dying(*args, **options):
                nonlocal left
                left -= 1
                if not left:
                    raise Died
                checkpoint(*args, **options)

            with monkeypatch.context() as patch:
                patch.setattr(ledger, "checkpoint", dying)
                with pytest.raises(Died):
                    run.work(lane.pk, clock=clock)
        clock.now += ledger.lease()

    return crash


def effects_by_uid(sandbox):
    found = {}
    for effect in sandbox.get("effects")["effects"]:
        found.setdefault(effect["uid"], []).append(effect["kind"])
    return found


def test_what_may_have_been_sent_keeps_its_version_though_the_next_shift_is_cut_short(
    destination_with, deliver, clock, sandbox, crash
):
    uids = [f"user-{n}" for n in range(12)]
    destination = destination_with(*({"uid": uid, "plan": "pro"} for uid in uids))
    control.activate(destination, now=clock())
    crash(destination)
    before = destination.version.read()
    control.save_version(destination, replace(before, exclude=("plan",)), user=None, now=clock())
    Credential.objects.update(hold_until=clock() + timedelta(seconds=0.5))
    for lane_id in Lane.objects.values_list("pk", flat=True):
        run.work(lane_id, clock=clock)  # stops before it has sent anything
    clock.forward(seconds=1)

    deliver(destination)

    assert effects_by_uid(sandbox) == {uid: ["user.created"] for uid in uids}
    assert account.balance(destination).delivered == len(uids)
    assert recount(destination).is_right
