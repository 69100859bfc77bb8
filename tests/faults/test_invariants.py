"""The check that follows every fault: each invariant can break, and says so by its name."""

import pytest

from tests.faults.evidence import Bounds, Evidence, Record
from tests.faults.invariants import INVARIANTS, broken

LANE, PAUSED_FROM, PAUSED_TO = 1, 100.0, 104.0


def look(at: float, *, done: int, status: str = "active", epoch: int = 1) -> dict[str, object]:
    numbers = [LANE, "d", epoch, done, done, done, 0, 4]
    destinations = {"d": [status, "activated"]}
    return {"from": at, "at": at, "lanes": [numbers], "destinations": destinations}


@pytest.fixture
def seen() -> Evidence:
    """Of a run in which four records of two users were delivered, two before a pause."""
    times = [91.0, 92.0, 108.0, 109.0]
    return Evidence(
        destination="d",
        account={"accepted": 4, "delivered": 4, "quarantined": 0, "skipped": 0},
        standing={
            "disagreements": [],
            "lanes": [{"id": LANE, "owner": "", "ahead": [], "slice_end": 4}],
            "jobs": {},
            "quarantined": {},
            "is_bulk": False,
            "per_second": 1.0,
        },
        records=[Record(n, f"user-{n % 2}", LANE, {"1": f"bytes-{n}"}) for n in range(4)],
        calls=[{"kind": "delivered", "status": 200, "offsets": [[n, n]]} for n in range(4)],
        requests=[
            {
                "seq": n,
                "method": "POST",
                "time": at,
                "idempotency_key": f"key-{n}",
                "digest": f"bytes-{n}",
                "status": 200,
            }
            for n, at in enumerate(times)
        ],
        effects=[{"seq": n, "time": at, "digest": f"bytes-{n}"} for n, at in enumerate(times)],
        looks=[
            look(90.0, done=0),
            look(PAUSED_FROM, done=2, status="paused"),
            look(PAUSED_TO, done=2, status="paused"),
            look(110.0, done=4),
        ],
        good_keys={"user-0", "user-1"},
        mended_at=[PAUSED_TO],
    )


def lose_an_effect(seen: Evidence) -> None:
    del seen.effects[1]


def do_one_twice(seen: Evidence) -> None:
    seen.effects.insert(2, {**seen.effects[1], "time": 93.0})


def change_the_bytes_under_a_key(seen: Evidence) -> None:
    seen.requests[1]["idempotency_key"] = "key-0"


def send_without_a_key(seen: Evidence) -> None:
    seen.requests[1]["idempotency_key"] = ""


def show_it_too_soon(seen: Evidence) -> None:
    seen.looks[0] = look(90.5, done=1)


def show_a_failure_as_delivered(seen: Evidence) -> None:
    seen.calls[3]["status"] = None


def let_a_stale_owner_write(seen: Evidence) -> None:
    seen.looks.append(look(111.0, done=3))


def settle_one_twice(seen: Evidence) -> None:
    seen.calls.append(seen.calls[2])


def pass_a_record_that_is_not_done(seen: Evidence) -> None:
    seen.effects[1]["time"] = 105.0


def swap_two_of_a_user(seen: Evidence) -> None:
    first, third = seen.effects[0], seen.effects[2]
    first["digest"], third["digest"] = third["digest"], first["digest"]


def set_an_innocent_aside(seen: Evidence) -> None:
    seen.standing["quarantined"]["3"] = "open"


def hurry(seen: Evidence) -> None:
    seen.requests += [{**seen.requests[0], "time": 91 + n / 100} for n in range(9)]


def call_before_the_hold_is_over(seen: Evidence) -> None:
    seen.requests[0]["status"], seen.holds = 429, [20.0]


def call_while_paused(seen: Evidence) -> None:
    seen.requests[2]["time"] = 102.0


def mix_two_versions(seen: Evidence) -> None:
    seen.effects.append({"seq": 9, "time": 109.0, "digest": "bytes of both"})


def write_the_key_into_a_log(seen: Evidence) -> None:
    seen.secrets_found.append("logs/drain.log")


def call_without_end(seen: Evidence) -> None:
    seen.requests *= 3
    seen.bounds = Bounds(calls_each=2, more_calls=0)


def fill_the_memory(seen: Evidence) -> None:
    seen.looks[0]["rss_kib"] = 10**7


def come_back_late(seen: Evidence) -> None:
    seen.mended_at = [92.5]
    seen.bounds = Bounds(recovery_s=10)


def count_wrongly(seen: Evidence) -> None:
    seen.standing["disagreements"].append("lane 1 counted 3 records as taken")


SPOILT = {
    lose_an_effect: "I1",
    do_one_twice: "I2",
    change_the_bytes_under_a_key: "I2",
    send_without_a_key: "I2",
    show_it_too_soon: "I3",
    show_a_failure_as_delivered: "I3",
    let_a_stale_owner_write: "I4",
    settle_one_twice: "I4",
    pass_a_record_that_is_not_done: "I5",
    swap_two_of_a_user: "I6",
    set_an_innocent_aside: "I7",
    hurry: "I8",
    call_before_the_hold_is_over: "I8",
    call_while_paused: "I9",
    mix_two_versions: "I9",
    write_the_key_into_a_log: "I10",
    call_without_end: "I11",
    fill_the_memory: "I11",
    come_back_late: "I12",
    count_wrongly: "I13",
}


def test_a_run_that_went_well_breaks_none(seen):
    assert broken(seen) == {}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_what_goes_wrong_breaks_its_invariant(seen, spoil):
    spoil(seen)

    assert SPOILT[spoil] in broken(seen)


def test_every_invariant_is_broken_by_something():
    assert set(SPOILT.values()) == set(INVARIANTS)
