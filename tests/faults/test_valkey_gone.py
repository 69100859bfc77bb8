"""Valkey is away for long, comes back with what it had or with nothing, or is emptied."""

import time

import pytest

from tests.faults.staff import slow_down

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F5", each_time=False),
    pytest.mark.timeout(300),
]


@pytest.mark.parametrize("keeps", [True, False], ids=["with a file", "without one"])
@pytest.mark.parametrize("away_s", [2, 30])
def test_a_run_goes_on_after_valkey_was_away(start_office, send_users, keeps, away_s):
    with start_office(own_valkey=True, keeps=keeps) as office:
        slow_down(office, 0.1)
        run = send_users(office, users=8_000, bad=3)
        run.wait_for_effects(500)
        office.valkey.kill()
        time.sleep(away_s)
        office.valkey.start()
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()


def test_a_run_goes_on_though_valkey_is_emptied_again_and_again(start_office, send_users):
    with start_office(own_valkey=True) as office:
        slow_down(office)
        run = send_users(office, users=6_000, records_each=2, bad=3)
        for _ in range(10):
            run.wait_for_effects(min(office.effects() + 300, 5_000))
            assert office.valkey.say("FLUSHALL").startswith("+OK")
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()
