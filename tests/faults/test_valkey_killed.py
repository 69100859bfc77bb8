"""Valkey dies in the middle of a run and comes back with nothing: hints are hints."""

import shutil
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.running import until

pytestmark = [pytest.mark.stack, pytest.mark.fault("F5"), pytest.mark.timeout(120)]
SWEEP_EVERY_S = 2
RECONNECT_S = 8  # until the workers and beat have noticed that it is back


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_run_ends_though_every_hint_is_lost_in_the_middle_of_it(start_office, send_users):
    with start_office(FSDEST_SWEEP_EVERY_S=str(SWEEP_EVERY_S)) as office:
        run = send_users(office, users=8_000, bad=3)
        run.wait_for_effects(1_000)
        pid = office.stack.kill("valkey")
        until(lambda: not is_running(pid), what="the end of Valkey")
        shutil.rmtree(office.stack.data / "valkey" / "appendonlydir")
        office.stack.wait_until_replaced("valkey", pid)
        back_at = time.time()
        assert office.effects() < 8_000

        run.wait_for_end(within_s=40)

        times = sorted(each["time"] for each in run.requests())
        gaps = [later - max(sooner, back_at) for sooner, later in pairwise(times)]
        assert max(gaps) < 2 * SWEEP_EVERY_S + RECONNECT_S
        run.check_the_books()
