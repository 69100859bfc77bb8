"""The work is done, but the reply never arrives, or arrives as nonsense."""

from collections import Counter

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F11", each_time=True)]
SPOILT = ("cut_after", "cut_midway", "truncate", "html")


def test_a_call_whose_reply_was_lost_is_made_again_with_the_same_key_and_the_same_bytes(
    office, send_users
):
    for n, kind in enumerate(SPOILT):
        office.play(kind=kind, route="POST /v2/users", every=90 + n, times=8)
    run = send_users(office, users=3_000, bad=3)

    run.wait_for_end(within_s=30)

    played = {fault["kind"]: fault["played"] for fault in office.fullstory("faults")["faults"]}
    assert played == dict.fromkeys(SPOILT, 8)
    calls = Counter(each["idempotency_key"] for each in run.requests())
    assert sum(count > 1 for count in calls.values()) >= 8
    run.check_the_books()


def test_a_call_that_takes_longer_than_the_deadline_is_made_again_and_has_one_effect(
    office, send_users
):
    late = {"kind": "delay_reply", "delay_s": 4.0, "route": "POST /v2/users"}  # the deadline is 3 s
    office.play(**late, every=100, times=6)
    run = send_users(office, users=1_500)

    run.wait_for_end(within_s=40)

    calls = Counter(each["idempotency_key"] for each in run.requests())
    assert sum(count > 1 for count in calls.values()) == 6
    run.check_the_books()
