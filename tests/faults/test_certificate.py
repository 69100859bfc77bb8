"""FullStory's certificate is wrong: nothing is sent, nobody storms it, and a person is asked."""

import time
from datetime import timedelta

import pytest

from tests.faults.front import Front
from tests.faults.servers import OwnSandbox
from tests.faults.traps import SETTINGS
from tests.integration.outbound.test_tls import NOW, Authority

pytestmark = [pytest.mark.stack, pytest.mark.fault("F16"), pytest.mark.timeout(240)]
FEW = 60  # connections: one for each thread of each lane that had begun


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def place(start_office, authority, tmp_path):
    """An office with a TLS server before its FullStory, and that server."""
    with (
        OwnSandbox(tmp_path / "sandbox") as sandbox,
        Front(("127.0.0.1", sandbox.port), authority.serve()) as front,
    ):
        trust = {"FAULT_TRUST": str(authority.file), **SETTINGS}
        with start_office(
            FULLSTORY_SANDBOX_URL=f"https://localhost:{front.port}", **trust
        ) as office:
            office.sandbox_url = sandbox.url
            yield office, front


@pytest.fixture
def wrong(authority, tmp_path):
    """Servers' contexts that are not to be trusted, by what is wrong with them."""
    other = tmp_path / "other"
    other.mkdir()
    return {
        "expired": authority.serve(until=NOW - timedelta(days=1)),
        "another name": authority.serve("other.example"),
        "an unknown authority": Authority(other).serve(),
    }


def test_a_certificate_that_is_not_to_be_trusted_halts_and_nothing_is_sent(
    place, wrong, authority, send_users
):
    office, front = place
    good = front.context
    for context in wrong.values():
        front.context, before = context, front.accepted
        office.begin_afresh()
        run = send_users(office, users=500, bad=3)
        run.wait_for_status("error", within_s=60)
        time.sleep(2)

        assert run.requests() == []
        assert front.accepted - before < FEW
        assert run.account["pending"] == 500
        assert "certificate" in run.account["status_reason"]

        front.context = good
        office.ask("activate", destination=run.destination)
        run.wait_for_end(within_s=60)
        run.check_the_books()


def test_a_handshake_that_stalls_ends_with_the_deadline_and_is_tried_again(place, send_users):
    office, front = place
    good, front.context = front.context, None
    run = send_users(office, users=500, bad=3)
    time.sleep(8)
    assert run.requests() == []
    assert front.accepted < 10 * FEW
    front.context = good
    front.let_go()
    office.mended()

    run.wait_for_end(within_s=90)

    run.check_the_books()
