"""The processes of a worker's pool, where the calls are made, run out of memory."""

import resource
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.staff import slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F2"), pytest.mark.timeout(180)]
STARVED_S = 6.0
MORE = 2 * 1024 * 1024  # bytes that may still be had: not enough for the stack of a thread


def allow_memory(pid: int, most: int) -> None:
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def size(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def test_a_run_ends_though_its_workers_had_no_memory_for_a_while(start_office, send_users):
    with start_office() as office:
        slow_down(office)
        run = send_users(office, users=5_000, bad=3)
        run.wait_for_effects(300)
        children = office.children("drain")
        for child in children:
            allow_memory(child, size(child) + MORE)
        time.sleep(STARVED_S)
        for child in {*children, *office.children("drain")}:
            allow_memory(child, resource.RLIM_INFINITY)
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()
