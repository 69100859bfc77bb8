"""Hints are doubled, late, lost, forged: they are hints."""

import pytest

from tests.faults.mischief import Mischief
from tests.faults.staff import slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F17"), pytest.mark.timeout(240)]
FORGED = (
    {"task": "fsdest.tasks.work_lane", "lane_id": 10**9},
    {"task": "fsdest.tasks.work_lane", "lane_id": "' OR 1=1 --"},
    {"task": "fsdest.tasks.work_lane", "lane_id": None},
    {"task": "fsdest.tasks.work_lane", "lane_id": 1, "of_a_later_version": {"deep": [1]}},
    {"task": "fsdest.tasks.work_lane"},
    {"task": "fsdest.tasks.ingest_upload", "source_id": "../../etc/passwd"},
    {"task": "fsdest.tasks.dry_run", "run_id": "none"},
    {"task": "fsdest.tasks.of_tomorrow", "lane_id": 1},
    {"task": "os.system", "command": "true"},
)
RUBBISH = (b"", b"rubbish", b"{", b"[]", b"{}", b"\x00\xff", b'{"body": 1, "headers": null}')


@pytest.mark.surface("S24")
def test_doubled_late_lost_and_forged_hints_change_nothing(office, send_users, chance):
    slow_down(office)
    run = send_users(office, users=2_500, bad=3)
    second = send_users(office, users=1_500)
    with Mischief(office, chance) as mischief:
        for hint in FORGED:
            office.ask("forge", **hint)
            office.ask("nudge", destination=run.destination, times=5)
            run.wait_for_effects(min(office.effects() + 200, 3_000))
    office.mended()

    run.wait_for_end(within_s=60)
    second.wait_for_end(within_s=30)

    assert {"doubled", "lost"} <= set(mischief.done)
    run.check_the_books()
    second.check_the_books()


@pytest.mark.fault("F17", each_time=False)
@pytest.mark.surface("S24")
def test_a_message_that_is_none_stops_no_worker_for_long(start_office, send_users, chance):
    with start_office() as office:
        slow_down(office)
        run = send_users(office, users=4_000, bad=3)
        with Mischief(office, chance) as mischief:
            for rubbish in RUBBISH:
                mischief.throw_in("fsdest:drain", rubbish)
                mischief.throw_in("fsdest:maintenance", rubbish)
                run.wait_for_effects(min(office.effects() + 300, 3_500), within_s=60)
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()
