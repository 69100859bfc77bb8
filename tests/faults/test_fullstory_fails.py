"""FullStory fails in bursts, now and then, or refuses the key in the middle of a run."""

import time

import pytest

from tests.faults.staff import slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F13"), pytest.mark.timeout(240)]
CALLS = "POST /v2/users"


def fail(office, status: int, **how: object) -> None:
    """Have calls fail from now on. The fault that comes first is played, before the slowness."""
    office.stop_playing()
    office.play(kind="status", status=status, route=CALLS, **how)
    slow_down(office, 0.4)


def test_calls_of_which_one_in_three_fails_are_made_again_and_nobody_is_blamed(
    office, send_users, chance
):
    for n, status in enumerate((500, 502, 503)):
        seed = chance.randrange(10_000) + n
        office.play(kind="status", status=status, route=CALLS, share=0.1, seed=seed, for_s=8.0)
    run = send_users(office, users=3_000, records_each=2, bad=3)

    run.wait_for_end(within_s=150)

    run.check_the_books()


def test_bursts_of_failures_open_the_breaker_and_close_it_again(office, send_users):
    slow_down(office, 0.4)
    run = send_users(office, users=6_000, bad=3, calls_each=3)
    for status in (500, 503, 502):
        run.wait_for_effects(office.effects() + 200, within_s=60)
        fail(office, status, for_s=3.0)
        time.sleep(4)
        assert run.account["pending"], "it came too late"
    office.mended()

    run.wait_for_end(within_s=120)

    run.check_the_books()


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_in_the_middle_halts_and_no_record_is_blamed(
    office, send_users, status
):
    slow_down(office, 0.4)
    run = send_users(office, users=3_000, bad=3)
    run.wait_for_effects(300)
    fail(office, status, saved=False)
    run.wait_for_status("error", within_s=30)
    time.sleep(2)
    halted_at = office.fullstory("state")["requests"]

    time.sleep(4)

    account = run.account
    assert office.fullstory("state")["requests"] == halted_at
    assert account["pending"] > 0
    assert account["parked"] == 0
    assert set(office.ask("set_aside", destination=run.destination)).isdisjoint(run.good_uids)
    office.stop_playing()
    office.ask("activate", destination=run.destination)
    run.wait_for_end(within_s=60)
    run.check_the_books()
