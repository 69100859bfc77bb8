"""The network between the product and Valkey is spoilt: pages answer, and the run goes on."""

import time

import pytest

from tests.faults.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.fault("F6"), pytest.mark.timeout(240)]
SPOILT_S = 8.0
A_PRESS_S = 6.0  # which waits for Valkey at most so long
A_BUSY_MACHINE_S = 4.0
SPOILT = {
    "blackhole": {},
    "latency": {"delay_s": 2.0},
    "reset": {},
    "refuse": {},
    "cut": {"cut_bytes": 50},
    "slow": {"bytes_per_s": 40},
}


def spoil(office, send_users, mode: str, **how: float) -> None:
    """Spoil the network in the middle of a run, press a button meanwhile, mend it, wait."""
    run = send_users(office, users=4_000, bad=3)
    second = send_users(office, users=300)
    with Visitor(office.stack) as visitor:
        visitor.press(second.destination, "pause")
        second.wait_until_paused_or_active()
        run.wait_for_effects(300)
        office.proxies["valkey"].play(mode, **how)
        began = time.monotonic()
        took_s = visitor.press(second.destination, "activate")
        assert second.account["status"] == "active"
        time.sleep(max(0.0, SPOILT_S - (time.monotonic() - began)))
    office.proxies["valkey"].play("ok")
    office.mended()

    run.wait_for_end(within_s=60)
    second.wait_for_end(within_s=60)

    run.check_the_books()
    second.check_the_books()
    assert took_s < A_PRESS_S + A_BUSY_MACHINE_S


@pytest.fixture(scope="module")
def proxied():
    return ["valkey"]


@pytest.fixture
def office(slowed_office):
    return slowed_office


def test_a_half_open_connection_to_valkey_stops_neither_pages_nor_workers(office, send_users):
    spoil(office, send_users, "halfopen")


@pytest.mark.fault("F6", each_time=False)
@pytest.mark.parametrize("mode", SPOILT)
def test_a_spoilt_network_to_valkey_stops_neither_pages_nor_workers(office, send_users, mode):
    spoil(office, send_users, mode, **SPOILT[mode])
