"""The worker that sends is killed, with its children, in the middle of calls."""

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]  # the start is counted too
KILLS = 5
USERS = 20_000


def test_nothing_is_lost_or_done_twice_when_the_sending_worker_is_killed_five_times(
    start_office, send_users
):
    # With the usual deadline: nobody waits for the lease of a minute and a half.
    with start_office(FSDEST_CALL_DEADLINE_S="30") as office:
        run = send_users(office, users=USERS, bad=7)
        for kill in range(KILLS):
            run.wait_for_effects(office.effects() + 1_000)
            worker = office.kill_with_children("drain")
            office.stack.wait_until_replaced("drain", worker)
            assert office.effects() < len(run.good_uids), f"kill {kill} came too late"

        run.wait_for_end(within_s=40)

        run.check_the_books()


def test_the_lanes_of_a_killed_child_go_on_under_another(start_office, send_users):
    with start_office(FSDEST_CALL_DEADLINE_S="30") as office:
        run = send_users(office, users=4_000)
        for _ in range(3):
            run.wait_for_effects(office.effects() + 200)
            office.kill_children("drain")

        run.wait_for_end(within_s=40)

        run.check_the_books()
