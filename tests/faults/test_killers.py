"""Bad records of the worst kind: whoever builds or sends one of them dies, each time."""

from collections.abc import Iterator

import pytest

from tests.faults.books import Office
from tests.faults.traps import SETTINGS

pytestmark = [pytest.mark.stack, pytest.mark.fault("F22"), pytest.mark.timeout(240)]
BUILDERS, SENDERS = "kills who builds it", "kills who sends it"
BULK = {"endpoint": "batch-create-users", "batch_records": 8}


@pytest.fixture(scope="module")
def shared_office(start_office) -> Iterator[Office]:
    with start_office(**SETTINGS) as office:
        yield office


@pytest.mark.parametrize("flaw", [BUILDERS, SENDERS], ids=["built", "sent"])
def test_the_record_that_kills_its_worker_is_set_aside(office, send_users, flaw):
    run = send_users(office, users=2_000, bad=range(700, 701), flaw=flaw)

    run.wait_for_end(within_s=150)

    assert run.account["quarantined"] == 1
    run.check_the_books()


@pytest.mark.fault("F22", each_time=False)  # one death for each halving
@pytest.mark.parametrize("flaw", [BUILDERS, SENDERS], ids=["built", "sent"])
def test_in_a_batch_it_is_found_too(office, send_users, flaw):
    office.tell_fullstory("settings", {"job_s": 0.2})
    run = send_users(office, users=80, bad=range(43, 44), flaw=flaw, **BULK)

    run.wait_for_end(within_s=200)

    assert run.account["quarantined"] == 1
    run.check_the_books()
