"""A running product for tests: the real supervisor with all its processes, on ports of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests import prepared

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bin"))
from probes import free_port  # noqa: E402

PASSWORD = "walking-the-road"  # of the user demo
START_WITHIN_S = 50
STOP_WITHIN_S = 30
NOT_FOR_THE_STACK = {
    *("REDIS_URL", "CREDENTIAL_KEYS", "SECRET_KEY", "FSDEST_HASHED_STATIC"),
    prepared.FOLDER,
}


def until(holds: Callable[[], object], *, within_s: float = 20, what: str = "it") -> None:
    """Wait until `holds` returns something true; fail the test after `within_s`."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"{what} did not come true within {within_s:g} s"
        time.sleep(0.05)


class Stack:
    """The product as processes: where it answers, who they are, how to end one of them."""

    username, password = "demo", PASSWORD

    def __init__(
        self, data: Path, environment: Mapping[str, str], *, is_prepared: bool = False
    ) -> None:
        """Start the supervisor on the folder `data`; is_prepared fills it before."""
        self.data = data
        port, sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        own = {name: text for name, text in os.environ.items() if name not in NOT_FOR_THE_STACK}
        self.env = own | {
            "FSDEST_DATA": str(data),
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox_port),
            "FSDEST_QUIET": "1",
            "FSDEST_STOP_AT_EOF": "1",  # when pytest is killed, its end of the pipe is closed
            "FSDEST_STOP_GRACE_S": "5",
            "FSDEST_DEMO_PASSWORD": PASSWORD,
            "FSDEST_SWEEP_EVERY_S": "2",
            "LOG_LEVEL": "INFO",
            **environment,
        }
        if is_prepared:
            prepared.fill(data, self.env)
            self.env["FSDEST_DEMO_PASSWORD"] = ""  # known to the copy; to compare it takes long
        self.console = data / "console.txt"
        with self.console.open("w") as console:
            self.supervisor = subprocess.Popen(
                [sys.executable, str(ROOT / "bin" / "stack.py")],
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.env.setdefault("FULLSTORY_SANDBOX_URL", self.sandbox_url)  # for manage()

    def wait_until_up(self) -> None:
        """Wait for the supervisor's word that everything answers."""

        def is_up() -> bool:
            assert self.supervisor.poll() is None, self.console.read_text() + self.tails()
            return "Ready after" in self.console.read_text()

        until(is_up, within_s=START_WITHIN_S, what="the start")

    def state(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return what the supervisor tells of its services."""
        told: dict[str, dict[str, dict[str, int]]] = json.loads(
            (self.data / "stack.json").read_text()
        )
        return told

    def pid(self, name: str) -> int:
        """Return the process id of valkey, sandbox, web, drain, ingest or beat."""
        return self.state()["services"][name]["pid"]

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to a service's leader; return the process id that it had."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def wait_until_replaced(self, name: str, pid: int, *, within_s: float = 40) -> None:
        """Wait until another process is in the place of `pid`, and answers."""

        def is_replaced() -> bool:
            service = self.state()["services"][name]
            return service["pid"] != pid and bool(service["ready"])

        until(is_replaced, within_s=within_s, what=f"the restart of {name}")

    def manage(self, *args: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py on the same data; its exit code is the caller's to judge."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *args],
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def tails(self, lines: int = 25) -> str:
        """Return the last lines of every log."""
        parts = []
        for log in sorted((self.data / "logs").glob("*.log")):
            last = "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
            parts.append(f"--- {log.name}\n{last}")
        return "\n".join(parts)

    def stop(self) -> None:
        """Stop everything and make sure that nothing is left."""
        if self.supervisor.poll() is None:
            self.supervisor.terminate()
        try:
            self.supervisor.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.supervisor.kill()  # the warden ends the rest
            raise
        finally:
            if self.supervisor.stdin:
                self.supervisor.stdin.close()
        until(lambda: not left_over(self.data), within_s=10, what="the end of every process")


def left_over(data: Path) -> list[int]:
    """Return the processes that still run on the folder of a stack (Linux only)."""
    mark = f"FSDEST_DATA={data}".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended while we looked, or is not ours
            if mark in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found


@contextmanager
def running_stack(**environment: str) -> Iterator[Stack]:
    """A stack that is up, and gone afterwards. `environment` comes on top of the usual."""
    with (
        tempfile.TemporaryDirectory(prefix="fsdest-stack-", ignore_cleanup_errors=True) as data,
        fresh_database() as database,
    ):
        own = {**database, **environment}
        is_prepared = prepared.is_chosen() and not own.keys() & {"FSDEST_DATA", "DATABASE_URL"}
        stack = Stack(Path(data), own, is_prepared=is_prepared)
        try:
            stack.wait_until_up()
            yield stack
        finally:
            stack.stop()


@contextmanager
def fresh_database() -> Iterator[dict[str, str]]:
    """An empty database on the server of DATABASE_URL, as an environment; {} for SQLite."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield {}
        return
    name = f"stack_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield {"DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}"))}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
