"""SQLite is locked by another program, for less and for longer than anybody waits; or it is read
for long, so that its log cannot be put back and grows."""

import sqlite3
import threading
import time

import pytest

from tests.faults.database import hold_lock, is_postgres, long_reader
from tests.faults.visitor import Visitor

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F9"),
    pytest.mark.skipif(is_postgres(), reason="about SQLite"),
    pytest.mark.timeout(300),
]
A_BUSY_MACHINE_S = 10.0


@pytest.fixture
def office(slowed_office):
    return slowed_office


@pytest.mark.parametrize("seconds", [5, 30], ids=["shortly", "longer than anybody waits"])
def test_a_program_that_locks_the_file_delays_the_run_and_no_more(office, send_users, seconds):
    run = send_users(office, users=4_000, bad=3)
    run.wait_for_effects(300)
    hold_lock(office, seconds)
    office.mended()

    run.wait_for_end(within_s=120)

    run.check_the_books()


def test_a_button_that_is_pressed_while_the_file_is_locked_waits_and_works(office, send_users):
    run = send_users(office, users=4_000)
    run.wait_for_effects(300)
    with Visitor(office.stack) as visitor:
        lock = threading.Thread(target=hold_lock, args=(office, 5))
        lock.start()
        time.sleep(1)
        visitor.press(run.destination, "pause")
        lock.join()
        run.wait_for_status("paused", within_s=30)
        visitor.press(run.destination, "activate")

    run.wait_for_end(within_s=60)

    run.check_the_books()


def test_a_program_that_reads_for_long_holds_up_nobody_and_the_log_stays_bounded(
    office, send_users
):
    with long_reader(office):
        run = send_users(office, users=8_000, bad=3)
        run.wait_for_end(within_s=90)

    run.check_the_books()
    with sqlite3.connect(office.stack.data / "fsdest.sqlite3") as connection:
        assert connection.execute("pragma quick_check").fetchone() == ("ok",)
