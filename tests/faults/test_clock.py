"""The clock of one worker is wrong, or is set in the middle of a run: all keep the database's."""

import pytest

from tests.faults.database import is_postgres
from tests.faults.staff import another_worker, slow_down
from tests.faults.traps import SETTINGS

pytestmark = [
    pytest.mark.stack,
    pytest.mark.fault("F18"),
    pytest.mark.skipif(not is_postgres(), reason="on SQLite all are on one machine"),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def shared(start_office):
    with start_office() as office:
        yield office


@pytest.fixture
def office(shared):
    shared.begin_afresh()
    slow_down(shared)
    yield shared
    shared.stop_everything()


@pytest.mark.parametrize(
    ("shift_s", "after_s"),
    [(600, 0), (-600, 0), (600, 15), (-3_600, 15)],
    ids=["ahead", "behind", "set forward", "set back"],
)
def test_a_worker_with_the_wrong_time_takes_no_lane_from_a_live_one(
    office, send_users, shift_s, after_s
):
    wrong = {"FAULT_CLOCK_S": str(shift_s), "FAULT_CLOCK_AFTER_S": str(after_s)}
    with another_worker(office, **SETTINGS, **wrong):
        run = send_users(office, users=4_000, records_each=2, bad=3)
        run.wait_for_effects(1_000, within_s=60)
        office.kill_children("drain")  # the lanes of these go to whoever is right about the time
        run.wait_for_end(within_s=120)
        log = (office.stack.data / "logs" / "another-drain.log").read_text()
        run.wait_until_nobody_works()

    assert "reached offset" in log
    run.check_the_books()
