"""Workers on three hosts share one PostgreSQL and one Valkey; one host is cut off."""

import os

import pytest

from tests.faults import hosts
from tests.faults.hosts import Host
from tests.running import until

pytestmark = [pytest.mark.stack, pytest.mark.fault("F24"), pytest.mark.timeout(240)]
LEASE_S = 9
USERS = 24_000


@pytest.fixture
def office(start_office):
    """A product on PostgreSQL; its own workers are the third host."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        pytest.skip("hosts cannot share a SQLite file")
    hosts.require()
    with start_office(proxied=["database"]) as office:
        yield office


@pytest.fixture
def two_hosts(office, tmp_path):
    with Host(1, office, tmp_path / "one") as one, Host(2, office, tmp_path / "two") as two:
        yield one, two


def lanes_of(host: Host, run) -> dict[int, int]:
    """Return the epoch of each lane that the worker of `host` owns."""
    sign = str(host.heartbeat()["sign"])
    lanes = run.office.ask("standing", destination=run.destination)["lanes"]
    return {lane["id"]: lane["epoch"] for lane in lanes if lane["owner"].startswith(sign)}


def test_the_lanes_of_a_host_that_is_cut_off_go_on_elsewhere_and_nothing_is_lost(
    office, two_hosts, send_users
):
    for host in two_hosts:
        until(host.heartbeat, what="a heartbeat of each host")
    office.play(kind="delay", delay_s=0.02)
    run = send_users(office, users=USERS)
    run.wait_for_effects(500)
    victim = max(two_hosts, key=lambda host: len(lanes_of(host, run)))
    owned = lanes_of(victim, run)
    assert owned, "our own host took every lane"

    victim.cut()
    assert office.effects() < USERS

    def have_moved() -> bool:
        lanes = office.ask("standing", destination=run.destination)["lanes"]
        return all(lane["epoch"] > owned[lane["id"]] for lane in lanes if lane["id"] in owned)

    until(have_moved, within_s=LEASE_S * 4, what="another owner of each lane")
    assert victim.silent_s() > LEASE_S / 2
    victim.mend()
    office.mended()
    run.wait_for_end(within_s=90)
    until(lambda: victim.silent_s() < 8, within_s=60, what="the host that was cut off")

    run.check_the_books()
