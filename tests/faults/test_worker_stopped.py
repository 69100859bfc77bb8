"""A worker that sleeps past its lease wakes up beside the one that took over."""

import signal
import time

import pytest

from tests.faults.staff import another_worker, slow_down
from tests.running import until

pytestmark = [pytest.mark.stack, pytest.mark.fault("F3"), pytest.mark.timeout(240)]
DEADLINE_S = 2
LEASE_S = 3 * DEADLINE_S


def test_who_wakes_up_after_its_lease_changes_nothing(start_office, send_users):
    with start_office(FSDEST_CALL_DEADLINE_S=str(DEADLINE_S)) as office:
        slow_down(office)
        run = send_users(office, users=9_000, records_each=2, bad=3, more_calls=5_000)
        run.wait_for_effects(500)
        with another_worker(office):
            for _ in range(2):
                office.signal_with_children("drain", signal.SIGSTOP)
                done = office.effects()
                time.sleep(2 * LEASE_S)
                assert office.effects() > done, "nobody took over"
                office.signal_with_children("drain", signal.SIGCONT)
                office.mended()
                run.wait_for_effects(min(office.effects() + 500, run.users - run.bad))

            run.wait_for_end(within_s=120)

            log = office.stack.data / "logs" / "drain.log"
            until(lambda: "another worker may have it" in log.read_text(), what="a stale owner")
            run.check_the_books()
