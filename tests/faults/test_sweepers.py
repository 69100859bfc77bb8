"""Eight sweepers without a pause, beside workers that are killed and paused."""

import pytest

from tests.faults.staff import slow_down, sweepers

pytestmark = [pytest.mark.stack, pytest.mark.fault("F25"), pytest.mark.timeout(300)]


def test_eight_sweepers_take_nothing_from_a_live_worker(start_office, send_users):
    with start_office() as office:
        slow_down(office, 0.1)
        run = send_users(office, users=6_000, records_each=2, bad=3)
        with sweepers(office, 8):
            for _ in range(2):
                run.wait_for_effects(office.effects() + 500, within_s=90)
                office.kill_with_children("drain")
                run.wait_for_effects(office.effects() + 500, within_s=90)
                office.ask("pause", destination=run.destination)
                run.wait_for_status("paused", within_s=60)
                office.ask("activate", destination=run.destination)
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()
