"""Pause and Activate a hundred times, by several people at once, while FullStory says wait."""

import threading
import time

import pytest

from tests.faults.staff import slow_down
from tests.faults.visitor import Visitor

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F19", each_time=False),
    pytest.mark.timeout(300),
]
PRESSES = 50
PEOPLE = 4


def test_a_hundred_presses_under_load_leave_nothing_out(office, send_users, chance):
    slow_down(office, 0.02)
    run = send_users(office, users=6_000, records_each=2, bad=3)
    with Visitor(office.stack) as visitor:
        for _ in range(PRESSES):
            visitor.press(run.destination, "pause")
            time.sleep(chance.random() * 0.3)
            visitor.press(run.destination, "activate")
            time.sleep(chance.random() * 0.3)
        run.wait_until_paused_or_active()
        visitor.press(run.destination, "activate")

    run.wait_for_end(within_s=120)

    run.check_the_books()


def test_several_people_press_at_once(office, send_users):
    slow_down(office)
    run = send_users(office, users=5_000, bad=3)

    def press_all() -> None:
        with Visitor(office.stack) as visitor:
            for button in ("activate", "activate", "pause", "activate") * 5:
                visitor.press(run.destination, button)

    people = [threading.Thread(target=press_all) for _ in range(PEOPLE)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    run.wait_until_paused_or_active()
    office.ask("activate", destination=run.destination)

    run.wait_for_end(within_s=90)

    run.check_the_books()


@pytest.mark.parametrize("status", [429, 503])
def test_pausing_while_fullstory_lets_nothing_through_keeps_everything(office, send_users, status):
    run = send_users(office, users=2_000)
    run.wait_for_effects(200)
    office.play(kind="status", status=status, headers={"Retry-After": "2"}, route="POST /v2/users")
    for _ in range(3):
        time.sleep(1)
        office.ask("pause", destination=run.destination)
        run.wait_for_status("paused", within_s=30)
        time.sleep(1)
        office.ask("activate", destination=run.destination)
    office.stop_playing()
    office.mended()

    run.wait_for_end(within_s=90)

    run.check_the_books()
