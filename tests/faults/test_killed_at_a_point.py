"""The worker is killed where it hurts: a call has left, or was done and not yet answered."""

import time

import pytest

from tests.faults.staff import slow_down
from tests.running import until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F1", each_time=False),
    pytest.mark.timeout(300),
]
KILLS = 20
EVERY_FOURTH = 4  # kill hits the whole worker; the supervisor makes it wait longer each time


@pytest.mark.parametrize("kind", ["barrier", "barrier_reply"], ids=["not done", "done"])
def test_a_call_whose_worker_died_while_fullstory_held_it_is_made_again_with_one_effect(
    start_office, send_users, kind
):
    with start_office() as office:
        run = send_users(office, users=6_000, records_each=2, bad=3)
        for _ in range(4):
            office.play(kind=kind, route="POST /v2/users", every=100, times=5)
            until(lambda: office.fullstory("state")["held"], what="a call that is held")
            killed = office.kill_with_children("drain")
            office.tell_fullstory("barrier/release")
            office.stop_playing()
            office.tell_fullstory("barrier/release")
            office.stack.wait_until_replaced("drain", killed)
            office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()


def test_twenty_kills_at_random_leave_every_record_with_one_effect(
    start_office, send_users, chance
):
    with start_office() as office:
        slow_down(office, 0.03)
        run = send_users(office, users=8_000, records_each=2, bad=7)
        for kill in range(KILLS):
            time.sleep(chance.random())
            if kill % EVERY_FOURTH:
                office.kill_children("drain")
            else:
                killed = office.kill_with_children("drain")
                office.stack.wait_until_replaced("drain", killed, within_s=90)
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()
