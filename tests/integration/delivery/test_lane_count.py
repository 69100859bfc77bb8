"""The number of lanes is changed in the middle of a delivery: no record is lost or overtaken."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fsdest.delivery import account, control, gear, ledger, run
from fsdest.delivery.recount import recount
from fsdest.models import Destination, Lane

USERS, EACH = 30, 12


class Hurry:
    """A clock by which a second passes at every look at it: shifts are short."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def hurry(clock) -> Hurry:
    return Hurry(clock())


@pytest.fixture
def destination(destination_with, monkeypatch) -> Destination:
    """Thirty users, twelve records of each, one after the other; slices are short."""
    monkeypatch.setattr(gear, "SINGLE_SLICE", 60)
    return destination_with(
        *({"uid": f"user-{n % USERS}", "visits": n} for n in range(USERS * EACH))
    )


def use_lanes(destination: Destination, count: int, hurry: Hurry) -> None:
    """Save the configuration anew, with another number of lanes."""
    configuration = destination.version.read()
    wider = replace(configuration.endpoint, lanes=count)
    control.save_version(
        destination, replace(configuration, endpoint=wider), user=None, now=hurry()
    )
    destination.refresh_from_db()


def work_a_little(destination: Destination, hurry: Hurry, *, until: int) -> None:
    """Let lanes have their shifts, in turn, until so many records are delivered."""
    for _ in range(400):
        for lane_id in Lane.objects.workable(hurry()).values_list("pk", flat=True):
            if account.balance(destination).delivered >= until:
                return
            run.work(lane_id, clock=hurry)
    assert account.balance(destination).delivered >= until


def visits_by_user(sandbox) -> dict[str, list[int]]:
    """Return what FullStory was told of each user, in the order in which it came."""
    found = defaultdict(list)
    for request in sandbox.get("ledger?limit=10000")["requests"]:
        body = json.loads(request["body"])
        found[body["uid"]].append(body["properties"]["visits"])
    return found


@pytest.mark.parametrize("counts", [(7, 2), (1, 4), (2, 2)])
def test_order_holds_and_nothing_is_lost_when_the_number_of_lanes_changes_twice(
    destination, hurry, sandbox, counts
):
    control.activate(destination, now=hurry())
    everything = USERS * EACH
    for step, count in enumerate(counts, start=1):
        work_a_little(destination, hurry, until=everything * step // 4)
        assert account.balance(destination).delivered < everything
        use_lanes(destination, count, hurry)

    work_a_little(destination, hurry, until=everything)

    assert destination.stretches[-1]["lanes"] == counts[-1]
    assert len(destination.stretches) > 1
    expected = {f"user-{n}": list(range(n, everything, USERS)) for n in range(USERS)}
    assert visits_by_user(sandbox) == expected
    assert recount(destination).is_right


@pytest.mark.parametrize("count", [1, 7])
def test_nothing_is_lost_or_sent_twice_when_it_changes_while_a_shift_is_under_way(
    destination, hurry, sandbox, monkeypatch, count
):
    """The shift began with other stretches than those of which it is to cut its next slice."""
    real_cut, is_saved = ledger.cut, False

    def cut(lane, *, size):
        nonlocal is_saved
        if lane.cursor > 0 and not is_saved:  # not the first of its shift, or of an earlier one
            is_saved = True
            use_lanes(destination, count, hurry)
        return real_cut(lane, size=size)

    monkeypatch.setattr(ledger, "cut", cut)
    control.activate(destination, now=hurry())

    work_a_little(destination, hurry, until=USERS * EACH)

    assert len(destination.stretches) == 2
    expected = {f"user-{n}": list(range(n, USERS * EACH, USERS)) for n in range(USERS)}
    assert visits_by_user(sandbox) == expected
    assert recount(destination).is_right
