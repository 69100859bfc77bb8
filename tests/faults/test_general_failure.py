"""FullStory is down for everybody: that is no record's fault."""

import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F13", each_time=True)]
USERS = 8_000
FEW = 100  # records that were tried often enough before the failure looked general


@pytest.mark.parametrize(
    "outage",
    [
        {"kind": "status", "status": 503, "for_s": 8.0},
        {"kind": "refuse", "for_s": 8.0, "times": 1},
        {"kind": "cut_before", "for_s": 8.0},
    ],
    ids=["busy", "refuses connections", "cuts connections"],
)
def test_an_outage_holds_the_lanes_and_ends_by_itself(office, send_users, outage):
    run = send_users(office, users=USERS)
    run.wait_for_effects(1_000)
    office.play(**outage, route="POST /v2/users")
    time.sleep(6)

    account = run.account
    assert account["pending"] > 0, "the outage came too late"
    assert account["status"] == "active"
    assert account["parked"] + account["quarantined"] <= FEW
    assert any(lane["waits_for"] for lane in account["lanes"])

    run.wait_for_end(within_s=40)
    run.check_the_books()
