"""Workers are asked to end and started again, one after another, while they send."""

import os
import signal

import pytest

from tests.faults.staff import another_worker, slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F4"), pytest.mark.timeout(300)]

ENDS_WITHIN_S = 100.0  # a shift lasts 20 s, a soft end 45 s, and the machine is busy


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (signal.SIGTERM, ("ingest", "beat", "web", "drain")),
        (signal.SIGQUIT, ("ingest", "drain")),  # a worker's; to the others it means nothing
    ],
    ids=["TERM", "QUIT"],
)
def test_every_process_is_restarted_in_turn_and_no_record_is_sent_by_neither(
    start_office, send_users, number, names
):
    with start_office() as office, another_worker(office) as other:
        slow_down(office, 0.15)
        run = send_users(office, users=6_000, records_each=2, bad=3)
        for name in names:
            run.wait_for_effects(office.effects() + 300)
            pid = office.stack.kill(name, number)
            office.stack.wait_until_replaced(name, pid, within_s=ENDS_WITHIN_S)
        os.kill(other, number)
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()


def test_a_worker_that_is_killed_while_it_ends_warmly_leaves_its_lanes_to_others(
    start_office, send_users
):
    with start_office() as office:
        slow_down(office)
        run = send_users(office, users=6_000, bad=3)
        for _ in range(3):
            run.wait_for_effects(office.effects() + 300)
            pid = office.stack.kill("drain", signal.SIGTERM)
            office.kill_with_children("drain")
            office.stack.wait_until_replaced("drain", pid)
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()
