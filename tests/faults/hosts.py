"""Other hosts: each a network namespace with a cable to ours, and a worker in it.

What the worker reaches at 127.0.0.1 is forwarded over the cable: database, broker, sandbox. When
the cable is cut, nothing comes back and nobody is told. A host has a data folder of its own.
Linux only, and as root.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
import redis

from tests.faults.office import Office
from tests.running import ROOT, until


def require() -> None:
    """Skip the test, with a sentence, where namespaces cannot be made."""
    if shutil.which("ip") is None:
        pytest.skip("there is no `ip` (iproute2) to make network namespaces with")
    name = f"fsdest{secrets.token_hex(3)}"
    made = _ip("netns", "add", name)
    if made.returncode:
        pytest.skip(f"network namespaces are not allowed here: {made.stderr.strip()}")
    _ip("netns", "delete", name)


class Host:
    """A host with one worker, from the `with` on. `number` is 1, 2, ... and gives its address."""

    def __init__(self, number: int, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.name = f"fsd{secrets.token_hex(2)}n{number}"
        self.ours, self.theirs = f"10.213.{number}.1", f"10.213.{number}.2"
        self.worker_name = f"drain{number}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self._lay_cable()
            self._forward()
            self._start_worker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _ip("link", "delete", self.name)
        _ip("netns", "delete", self.name)

    def cut(self) -> None:
        """Pull the cable: what is under way is lost, and nobody is told."""
        _do("link", "set", self.name, "down")

    def mend(self) -> None:
        """Put the cable in again."""
        _do("link", "set", self.name, "up")

    def heartbeat(self) -> dict[str, object]:
        """Return what the worker told last; {} before it told anything."""
        with redis.Redis.from_url(self.office.stack.state()["redis_url"]) as client:
            told = [json.loads(each) for each in client.hvals("fsdest:workers")]
        return next((t for t in told if t["name"].startswith(f"{self.worker_name}@")), {})

    def silent_s(self) -> float:
        """Return for how many seconds the worker has told nothing."""
        seen = datetime.fromisoformat(str(self.heartbeat()["seen_at"]))
        return (datetime.now(UTC) - seen).total_seconds()

    def words(self) -> str:
        """Return the last of what the worker had to say."""
        return (self.folder / "worker.log").read_text()[-3_000:]

    def _lay_cable(self) -> None:
        _do("netns", "add", self.name)
        _do("link", "add", self.name, "type", "veth", "peer", "name", "up0", "netns", self.name)
        _do("addr", "add", f"{self.ours}/24", "dev", self.name)
        _do("link", "set", self.name, "up")
        for args in (
            ("addr", "add", f"{self.theirs}/24", "dev", "up0"),
            ("link", "set", "up0", "up"),
            ("link", "set", "lo", "up"),
        ):
            _do("-n", self.name, *args)

    def _forward(self) -> None:
        env = self.office.stack.env
        urls = (env["DATABASE_URL"], self.office.stack.state()["redis_url"])
        ports = [str(urlsplit(url).port) for url in (*urls, self.office.sandbox_url)]
        forward = [sys.executable, "-m", "tests.faults.forward"]
        self._start([*forward, self.ours, "127.0.0.1", *ports], log="our_end.log")
        inside = ["ip", "netns", "exec", self.name]
        self._start([*inside, *forward, "127.0.0.1", self.ours, *ports], log="their_end.log")

    def _start_worker(self) -> None:
        data = self.office.stack.data
        env = self.office.stack.env | {
            "FSDEST_DATA": str(self.folder / "data"),
            "CREDENTIAL_KEYS": (data / "credential_key").read_text(),
            "SECRET_KEY": (data / "secret_key").read_text(),
            "REDIS_URL": str(self.office.stack.state()["redis_url"]),
            "FULLSTORY_SANDBOX_URL": self.office.sandbox_url,
            "DJANGO_SETTINGS_MODULE": "fsdest.settings",
        }
        worker = [sys.executable, str(ROOT / "bin" / "celery_process.py"), "worker"]
        argv = ["ip", "netns", "exec", self.name, *worker, self.worker_name, "drain", "2"]
        self._start(argv, log="worker.log", env=env, says=" ready.")

    def _start(
        self, argv: list[str], *, log: str, env: dict[str, str] | None = None, says: str = "ready"
    ) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / log
        with file.open("wb") as output:
            process = subprocess.Popen(
                argv,
                env=env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        until(lambda: says in file.read_text(), within_s=40, what=f"{log}: {file.read_text()}")


def _ip(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *args], capture_output=True, text=True, check=False)


def _do(*args: str) -> None:
    done = _ip(*args)
    assert done.returncode == 0, f"ip {' '.join(args)}: {done.stderr}"
