"""FullStory asks for a pause: the whole credential waits, and no record is blamed."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F12")]
UNDER_WAY_S = 1.0  # calls that had left when the first refusal came back; a busy machine is slow


def calls_in(requests, first: float, last: float) -> list[float]:
    """Return when requests arrived between two moments, as seconds after the first."""
    return [round(each["time"] - first, 3) for each in requests if first < each["time"] < last]


@pytest.mark.parametrize("asked_s", [2, 4], ids=["within the shift", "giving the lane back"])
def test_no_call_is_made_before_the_seconds_that_fullstory_asks_for_are_over(
    office, send_users, asked_s
):
    refusal = {"kind": "status", "status": 429, "headers": {"Retry-After": str(asked_s)}}
    office.play(**refusal, route="POST /v2/users", every=700, times=3)
    run = send_users(office, users=3_000)

    run.wait_for_end(within_s=30)

    requests = run.requests()
    refused = [each["time"] for each in requests if each["status"] == 429]
    assert len(refused) == 3
    for at in refused:
        assert not calls_in(requests, at + UNDER_WAY_S, at + asked_s)
    assert office.ask("most_attempts", destination=run.destination) == 0
    run.check_the_books()


def test_no_call_is_made_before_the_date_that_fullstory_names(office, send_users):
    until = (datetime.now(UTC) + timedelta(seconds=8)).replace(microsecond=0)
    refusal = {"kind": "status", "status": 429}
    refusal["headers"] = {"Retry-After": format_datetime(until, usegmt=True)}
    office.play(**refusal, route="POST /v2/users", for_s=7)
    run = send_users(office, users=3_000)

    run.wait_for_end(within_s=30)

    requests = run.requests()
    refused = [each["time"] for each in requests if each["status"] == 429]
    assert refused
    assert not calls_in(requests, refused[0] + UNDER_WAY_S, until.timestamp())
    assert office.ask("most_attempts", destination=run.destination) == 0
    run.check_the_books()


def test_while_fullstory_lets_nothing_through_records_wait_where_they_are(office, send_users):
    refusal = {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}}
    office.play(**refusal, route="POST /v2/users")
    run = send_users(office, users=500)
    time.sleep(4)  # of nothing but refusals

    account = run.account

    assert account["status"] == "active"
    assert account["pending"] == 500
    assert account["parked"] == account["quarantined"] == 0
    office.stop_playing()
    run.wait_for_end(within_s=20)
    run.check_the_books()
