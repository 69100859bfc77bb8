"""PostgreSQL stops, ends connections, is locked, or is reached over a network that fails.

A connection whose far end is gone without a word cannot be played with a proxy, which goes on to
acknowledge: it is for the keepalives of the system, and F24 cuts a whole host off.
"""

import time

import pytest

from tests.faults.database import PostgresServer, hold_lock, terminating
from tests.faults.staff import slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F8"), pytest.mark.timeout(300)]
SPOILT_S = 8.0
LOCKED_S = 30.0


@pytest.fixture
def server():
    found = PostgresServer()
    yield found
    found.make_sure_it_runs()


@pytest.fixture
def office(slowed_office):
    return slowed_office


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_the_server_stops_and_starts_in_the_middle_of_a_run(office, send_users, server, how):
    run = send_users(office, users=4_000, bad=3)
    run.wait_for_effects(300)
    server.stop(how)
    time.sleep(SPOILT_S)
    server.start()
    office.mended()

    run.wait_for_end(within_s=150)

    run.check_the_books()


def test_the_server_ends_all_connections_again_and_again(office, send_users):
    run = send_users(office, users=4_000, bad=3)
    run.wait_for_effects(300)
    with terminating(office, every_s=0.7):
        time.sleep(SPOILT_S)
    office.mended()

    run.wait_for_end(within_s=120)

    run.check_the_books()


def test_a_lock_that_is_held_for_longer_than_a_lease_stops_no_worker_for_good(office, send_users):
    run = send_users(office, users=4_000, bad=3)
    run.wait_for_effects(300)
    hold_lock(office, LOCKED_S)
    office.mended()

    run.wait_for_end(within_s=120)

    run.check_the_books()


@pytest.mark.parametrize(
    ("mode", "how"),
    [("blackhole", {}), ("reset", {}), ("latency", {"delay_s": 1.0}), ("cut", {"cut_bytes": 50})],
)
def test_a_spoilt_network_to_the_server_loses_and_doubles_nothing(
    start_office, send_users, mode, how
):
    with start_office(proxied=["database"]) as office:
        slow_down(office)
        run = send_users(office, users=3_000, bad=3)
        run.wait_for_effects(300)
        office.proxies["database"].play(mode, **how)
        time.sleep(SPOILT_S)
        office.proxies["database"].play("ok")
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()
