"""Beat stands still, or there are two of them."""

import os
import signal

import pytest

from tests.faults.staff import another_beat, slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F23"), pytest.mark.timeout(300)]


def test_without_beat_a_run_whose_hints_are_lost_goes_on_all_the_same(start_office, send_users):
    with start_office(own_valkey=True) as office:
        slow_down(office)
        office.stack.kill("beat", signal.SIGSTOP)  # it does not end, so nobody starts another
        run = send_users(office, users=4_000, bad=3)
        for _ in range(2):
            run.wait_for_effects(office.effects() + 300, within_s=90)
            office.signal_with_children("drain", signal.SIGKILL)
            assert office.valkey.say("FLUSHALL").startswith("+OK")
            office.mended()

        run.wait_for_end(within_s=120)

        os.kill(office.stack.pid("beat"), signal.SIGCONT)
        run.check_the_books()


def test_two_beats_do_no_harm(start_office, send_users):
    with start_office(FSDEST_SWEEP_EVERY_S="1") as office, another_beat(office):
        slow_down(office)
        run = send_users(office, users=4_000, records_each=2, bad=3)
        run.wait_for_effects(1_000)
        office.kill_with_children("drain")

        run.wait_for_end(within_s=90)

        run.check_the_books()


def test_import_jobs_are_followed_without_beat(start_office, send_users):
    with start_office() as office:
        office.stack.kill("beat", signal.SIGSTOP)
        run = send_users(
            office, users=2_000, bad=3, endpoint="batch-create-users", batch_records=200
        )

        run.wait_for_end(within_s=150)

        os.kill(office.stack.pid("beat"), signal.SIGCONT)
        run.check_the_books()
