"""The database of an office, past the product: lock it, change it, stop the server."""

import os
import shlex
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.faults.office import Office

TERMINATE = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where pid <> pg_backend_pid() and datname = %s"
)


def is_postgres() -> bool:
    """Whether the tests run on PostgreSQL."""
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


@contextmanager
def opened(office: Office) -> Iterator[psycopg.Connection | sqlite3.Connection]:
    """A connection of one's own to what the office keeps its books in, each statement by itself."""
    if is_postgres():
        with psycopg.connect(_url(office), autocommit=True) as connection:
            yield connection
        return
    file = office.stack.data / "fsdest.sqlite3"
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _url(office: Office) -> str:
    """Return the address that does not lead through a proxy."""
    name = urlsplit(office.stack.env["DATABASE_URL"]).path
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=name).geturl()


def hold_lock(office: Office, seconds: float) -> None:
    """Let nobody write for so long (on PostgreSQL: nor read the lanes)."""
    with opened(office) as connection:
        if is_postgres():
            connection.execute("begin")
            connection.execute("lock table fsdest_lane in access exclusive mode")
        else:
            connection.execute("begin immediate")
        time.sleep(seconds)
        connection.execute("rollback")


@contextmanager
def long_reader(office: Office) -> Iterator[None]:
    """Somebody who reads what was there when they began, for the time of the `with`."""
    with opened(office) as connection:
        connection.execute("begin")
        connection.execute("select count(*) from fsdest_lane").fetchone()
        yield
        connection.execute("rollback")


@contextmanager
def terminating(office: Office, every_s: float) -> Iterator[None]:
    """Somebody who ends all connections of the office again and again."""
    is_over = threading.Event()
    name = urlsplit(office.stack.env["DATABASE_URL"]).path.lstrip("/")

    def terminate() -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            while not is_over.wait(every_s):
                connection.execute(TERMINATE, [name])

    thread = threading.Thread(target=terminate)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


class PostgresServer:
    """The server of DATABASE_URL: stopped, and started as it was."""

    def __init__(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            ((data,),) = connection.execute("show data_directory").fetchall()
        self._data = Path(data)
        pid = (self._data / "postmaster.pid").read_text().split()[0]
        self._programs = Path(f"/proc/{pid}/exe").readlink().parent
        self._options = shlex.split((self._data / "postmaster.opts").read_text())[1:]

    def stop(self, how: str) -> None:
        """Stop it: `smart`, `fast`, or `immediate`, which is as good as a crash."""
        self._control("stop", "-m", how)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = str(self._data / "again.log")
        self._control("start", "-l", log, "-o", shlex.join(self._options))

    def _control(self, *args: str) -> None:
        owner = self._data.stat()
        whose = {"user": owner.st_uid, "group": owner.st_gid} if os.getuid() == 0 else {}
        subprocess.run(
            [self._programs / "pg_ctl", "-D", self._data, "-w", *args],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
            **whose,  # type: ignore[arg-type]  # numbers both
        )

    def make_sure_it_runs(self) -> None:
        """Start it if a test has left it stopped."""
        with suppress(psycopg.OperationalError), psycopg.connect(os.environ["DATABASE_URL"]):
            return
        self.start()
