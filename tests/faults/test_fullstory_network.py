"""The network between the product and FullStory is spoilt in the middle of calls, and mended."""

import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F11"), pytest.mark.timeout(240)]
SPOILT_S = 7.0  # more than two calls may take
SPOILT = {
    "blackhole": {},
    "halfopen": {},
    "reset": {},
    "refuse": {},
    "latency": {"delay_s": 0.5},
    "cut": {"cut_bytes": 50},  # in the middle of a reply's head
    "slow": {"bytes_per_s": 60},
}


@pytest.fixture(scope="module")
def proxied():
    return ["sandbox"]


@pytest.fixture
def office(slowed_office):
    return slowed_office


@pytest.mark.parametrize("mode", SPOILT)
def test_a_spoilt_network_to_fullstory_loses_and_doubles_nothing(office, send_users, mode):
    run = send_users(office, users=3_000, bad=3)
    run.wait_for_effects(300)
    office.proxies["sandbox"].play(mode, **SPOILT[mode])
    time.sleep(SPOILT_S)
    assert run.account["pending"], "it came too late"
    office.proxies["sandbox"].play("ok")
    office.mended()

    run.wait_for_end(within_s=120)

    run.check_the_books()


@pytest.mark.parametrize("mode", ["halfopen", "reset"])
def test_import_jobs_outlive_a_network_that_is_cut(office, send_users, mode):
    office.tell_fullstory("settings", {"job_s": 1.0})
    bulk = {"endpoint": "batch-create-users", "batch_records": 100}
    run = send_users(office, users=20_000, bad=3, **bulk)
    run.wait_for_effects(300)
    office.proxies["sandbox"].play(mode)
    time.sleep(SPOILT_S)
    office.proxies["sandbox"].play("ok")
    office.mended()

    run.wait_for_end(within_s=120)

    run.check_the_books()
