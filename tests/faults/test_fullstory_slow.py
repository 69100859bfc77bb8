"""FullStory answers byte by byte, endlessly, with a bomb, or never: a call ends all the same."""

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F14"), pytest.mark.timeout(240)]
DEADLINE_S = 3.0  # of the office
A_BUSY_MACHINE_S = 4.0
FEW = {"route": "POST /v2/users", "every": 100, "times": 5}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drip", "piece_bytes": 1, "delay_s": 1.0},
        {"kind": "delay", "delay_s": 30.0},
        {"kind": "delay_reply", "delay_s": 30.0},
        {"kind": "oversize"},
        {"kind": "gzip_bomb"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_reply_that_does_not_end_costs_one_call_its_deadline_and_no_record(
    office, send_users, fault
):
    office.play(**fault, **FEW)
    run = send_users(office, users=1_500, records_each=1, bad=3)

    run.wait_for_end(within_s=90)

    (played,) = office.fullstory("faults")["faults"]
    assert played["played"] == FEW["times"]
    calls = office.ask("calls", destination=run.destination)
    longest = max(call["ended_at"] - call["at"] for call in calls)
    assert longest < DEADLINE_S + A_BUSY_MACHINE_S
    run.check_the_books()


def test_a_fullstory_that_never_answers_keeps_no_other_destination_waiting(office, send_users):
    """Its calls end with their deadline, and its breaker opens; the other one has its turn."""
    office.play(kind="delay", delay_s=30.0, route="POST /v2/users", for_s=15.0)
    silent = send_users(office, users=500)
    bulk = send_users(office, users=500, endpoint="batch-create-users")

    bulk.wait_for_end(within_s=60)

    assert silent.account["delivered"] < 500
    silent.wait_for_end(within_s=120)
    bulk.check_the_books()
    silent.check_the_books()
