"""Servers of a test's own: where the product's supervisor must not start them again by itself."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

import redis

from tests.running import ROOT, free_port, until

sys.path.insert(0, str(ROOT / "bin"))
from broker import valkey_binary
from probes import HOST, http_answers, valkey_answers, valkey_says

PASSWORD = "a-password-of-this-test"


class OwnServer:
    """A process in a process group of its own that can be killed and started again."""

    argv: list[str]

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def answers(self) -> bool:
        """Whether it takes commands."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                self.argv,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self.answers, what=f"the start of {type(self).__name__}")

    def kill(self) -> None:
        """Kill it, as a crash would, and wait until it is gone."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class OwnValkey(OwnServer):
    """A Valkey that keeps what it was told, or not."""

    def __init__(self, folder: Path, *, keeps: bool = True) -> None:
        super().__init__(folder)
        self._password = PASSWORD
        self.argv = [str(valkey_binary()), "--bind", HOST, "--port", str(self.port)]
        self.argv += ["--requirepass", PASSWORD, "--dir", str(folder), "--save", ""]
        self.argv += ["--appendonly", "yes" if keeps else "no", "--loglevel", "warning"]
        self.argv += ["--maxmemory-policy", "noeviction"]

    def answers(self) -> bool:
        return valkey_answers(self.port, PASSWORD)()

    def say(self, command: str) -> str:
        """Return the first line of its reply to a command."""
        return valkey_says(self.port, PASSWORD, command)

    def say_all(self, commands: list[str]) -> None:
        """Give commands, each of which it has to take."""
        with redis.Redis(port=self.port, password=self._password) as client:
            for command in commands:
                client.execute_command(command)
                if command.startswith("CONFIG SET requirepass"):
                    self._password = command.split()[-1]
                    client.connection_pool.connection_kwargs["password"] = self._password

    def url(self, port: int | None = None, password: str = PASSWORD) -> str:
        """Return its address, or that of a proxy before it."""
        return f"redis://:{password}@{HOST}:{port or self.port}/0"


class OwnSandbox(OwnServer):
    """A FullStory that stands behind a proxy."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"http://{HOST}:{self.port}"
        self.argv = [sys.executable, "-m", "fsdest.sandbox", "--port", str(self.port)]
        self.argv += ["--state", str(folder / "sandbox.state")]
        self.argv += ["--ledger", str(folder / "sandbox.jsonl")]

    def answers(self) -> bool:
        return http_answers(self.port, "/healthz")()
