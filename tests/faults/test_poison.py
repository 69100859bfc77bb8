"""Bad records: one among many, many in a row, all of them, one that is too large."""

import math

import pytest

from tests.running import until

pytestmark = [pytest.mark.stack, pytest.mark.fault("F22"), pytest.mark.timeout(180)]
BATCH = 1_000
LANES = 4
CALLS_EACH = 2 * math.ceil(math.log2(BATCH)) + 1  # to find one bad record among so many
BULK = {"endpoint": "batch-create-users", "batch_records": BATCH}
BAD = "no name of a property"  # what the bad records of a Run have in them


def refuse_batches(office, *, status: int = 400, contains: str = BAD) -> None:
    """Have a batch with such a record refused as a whole, instead of later in its import job."""
    office.tell_fullstory("settings", {"job_s": 0.2})
    office.play(kind="status", status=status, contains=contains, route="POST /v2/users/batch")


def batches(run) -> int:
    """Return how many calls carried records."""
    return sum(each["method"] == "POST" for each in run.requests())


@pytest.mark.parametrize("bad", [range(500, 501), range(500, 510)], ids=["one", "ten in a row"])
@pytest.mark.parametrize("status", [400, 413], ids=["refused", "too large"])
def test_bad_records_are_found_by_halving_and_set_aside_alone(office, send_users, bad, status):
    refuse_batches(office, status=status)
    run = send_users(office, users=BATCH, bad=bad, **BULK)

    run.wait_for_end(within_s=60)

    assert batches(run) <= len(bad) * CALLS_EACH + LANES
    run.check_the_books()


def test_where_all_are_bad_it_stops_and_asks_a_person(office, send_users):
    refuse_batches(office, contains="uid")
    run = send_users(office, users=BATCH, **BULK)
    run.wait_for_status("error", within_s=60)

    stopped = run.account
    assert "refuses most records" in stopped["status_reason"]
    assert stopped["quarantined"] < 100
    assert batches(run) < 200

    office.stop_playing()
    office.ask("release", destination=run.destination)
    office.ask("activate", destination=run.destination)
    run.wait_for_end(within_s=60)
    run.check_the_books()


@pytest.mark.parametrize("bad", [range(500, 501), range(500, 510)], ids=["one", "ten in a row"])
def test_single_calls_set_each_bad_record_aside_at_once(office, send_users, bad):
    run = send_users(office, users=BATCH, bad=bad, calls_each=1, more_calls=0)

    run.wait_for_end(within_s=60)

    run.check_the_books()


def test_where_every_single_call_is_refused_each_record_waits_for_a_person(office, send_users):
    run = send_users(office, users=200, bad=range(200), calls_each=1, more_calls=0)

    run.wait_for_end(within_s=60)

    assert run.account["quarantined"] == 200
    run.check_the_books()


@pytest.mark.fault("F22", each_time=False)  # a parked record waits for a quarter of a minute
def test_one_user_whose_calls_fail_again_and_again_holds_up_nobody_else(office, send_users):
    """An error of FullStory's own, so that it is tried again: only later records of hers wait."""
    office.play(kind="status", status=503, contains='"user-7"', route="POST /v2/users")
    run = send_users(office, users=300, records_each=2)
    until(lambda: office.effects() == 598, within_s=60, what="the records of the others")
    assert run.account["parked"] == 2

    office.stop_playing()
    office.mended()

    run.wait_for_end(within_s=60)
    run.check_the_books()
