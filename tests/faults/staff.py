"""More processes of the product than the supervisor starts: a second worker, a second beat."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.faults.office import Office
from tests.running import ROOT, until

CELERY = [sys.executable, str(ROOT / "bin" / "celery_process.py")]


def slow_down(office: Office, delay_s: float = 0.05) -> None:
    """Have each call for a user take a while, so that a run lasts."""
    office.play(kind="delay", delay_s=delay_s, route="POST /v2/users")


@contextmanager
def _process(office: Office, name: str, argv: list[str], says: str, **own: str) -> Iterator[int]:
    """A process of the product that is up; yields its id, which is its group's."""
    log = office.stack.data / "logs" / f"{name}.log"
    environment = office.stack.env | {"REDIS_URL": str(office.stack.state()["redis_url"])} | own
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: says in log.read_text(errors="replace"), within_s=45, what=f"{name} up")
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def another_worker(office: Office, queues: str = "drain", **environment: str) -> Iterator[int]:
    """A second worker beside the supervisor's."""
    name = f"another-{queues.replace(',', '-')}"
    argv = [*CELERY, "worker", name, queues, "2"]
    with _process(office, name, argv, " ready.", **environment) as pid:
        yield pid


@contextmanager
def another_beat(office: Office) -> Iterator[int]:
    """A second beat with a schedule of its own."""
    schedule = str(office.stack.data / "another-schedule")
    with _process(office, "another-beat", [*CELERY, "beat", schedule], "Starting...") as pid:
        yield pid


@contextmanager
def sweepers(office: Office, count: int) -> Iterator[None]:
    """So many processes that sweep without a pause."""
    argv = [sys.executable, "-m", "tests.faults.sweeper"]
    settings = {"DJANGO_SETTINGS_MODULE": "fsdest.settings"}
    environment = office.stack.env | settings
    environment["REDIS_URL"] = str(office.stack.state()["redis_url"])
    running = [
        subprocess.Popen(argv, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for each in running:
            assert each.stdout is not None
            assert each.stdout.readline()
        yield
    finally:
        for each in running:
            each.kill()
            each.communicate()
