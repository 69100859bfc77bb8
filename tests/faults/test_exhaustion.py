"""No file descriptors are left, or no connections to the database."""

import os
import resource
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from tests.faults.staff import slow_down

pytestmark = [pytest.mark.stack, pytest.mark.fault("F26"), pytest.mark.timeout(240)]
LASTS_S = 8.0
MANY = 1_000  # more connections than any server of ours has
OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
OURS = f"{OTHERS} and datname = %s"


def allow_files(pid: int, most: int | None) -> None:
    """Limit a process to `most` open files; None: to as many as it may have."""
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard if most is None else most, hard))


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_workers_without_file_descriptors_come_back_with_them(start_office, send_users):
    with start_office() as office:
        slow_down(office)
        run = send_users(office, users=5_000, bad=3)
        run.wait_for_effects(300)
        children = office.children("drain")
        for child in children:
            allow_files(child, open_files(child))
        office.stop_playing()  # of the faults that meet a call, the first is played
        office.play(kind="cut_before", route="POST /v2/users", times=60)  # so they need new ones
        slow_down(office)
        time.sleep(LASTS_S)
        for child in children:
            allow_files(child, None)
        office.stop_playing()
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()


@pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="SQLite has no connections to run out")
def test_when_all_connections_to_the_database_are_taken_workers_wait(start_office, send_users):
    server = os.environ["DATABASE_URL"]
    with start_office() as office:
        slow_down(office)
        run = send_users(office, users=5_000, bad=3)
        run.wait_for_effects(300)
        database = office.stack.env["DATABASE_URL"].rpartition("/")[2]
        with ExitStack() as taken:
            first = taken.enter_context(psycopg.connect(server, autocommit=True))
            with suppress(psycopg.OperationalError):
                for n in range(MANY):
                    if n % 5 == 0:
                        first.execute(OURS, [database])
                    taken.enter_context(psycopg.connect(server))
            first.execute(OURS, [database])
            time.sleep(LASTS_S)
        office.mended()

        run.wait_for_end(within_s=90)

        run.check_the_books()
