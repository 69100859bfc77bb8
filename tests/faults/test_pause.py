"""Pause and Activate in the middle of a run."""

import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F19")]
PAUSES = 3
USERS = 12_000


def test_no_call_starts_once_paused_is_said_and_none_is_made_again_afterwards(office, send_users):
    run = send_users(office, users=USERS)
    for _ in range(PAUSES):
        run.wait_for_effects(office.effects() + 500)
        assert office.ask("pause", destination=run.destination)
        run.wait_for_status("paused")
        said_at = time.time()
        done = office.effects()
        time.sleep(1)  # long enough for a thread that had not heard of it

        assert office.effects() == done < USERS
        assert not [each for each in run.requests() if each["time"] > said_at]
        assert office.ask("activate", destination=run.destination)

    run.wait_for_end(within_s=30)

    assert len(run.requests()) == USERS
    run.check_the_books()


def test_activate_and_pause_can_be_pressed_as_fast_as_one_likes(office, send_users):
    run = send_users(office, users=3_000)
    for _ in range(40):
        office.ask("pause", destination=run.destination)
        office.ask("activate", destination=run.destination)
    run.wait_until_paused_or_active()

    office.ask("activate", destination=run.destination)
    run.wait_for_end(within_s=30)

    run.check_the_books()
