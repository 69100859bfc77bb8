"""Small programs in the place of the product's processes, run by the real supervisor."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.running import ROOT, until

PROGRAM = """
import os, sys
from pathlib import Path
sys.path.insert(0, {bin!r})
from console import Console
from service import Service
from supervisor import DidNotStart, Supervisor

data = Path({data!r})
console = Console(data / "logs", quiet=False)
lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT)
supervisor = Supervisor(
    environment=os.environ, console=console, state=data / "stack.json", lock=lock
)
try:
    for name, script in {scripts!r}.items():
        argv = [sys.executable, "-S", "-c", script]
        service = Service(name, argv, answers_with="up", within_s=5, grace_s={grace_s})
        supervisor.launch(service)
        supervisor.wait_for(service)
    console.say("all up")
    supervisor.watch()
except DidNotStart as reason:
    console.say(str(reason))
finally:
    supervisor.stop()
    console.say("all gone")
"""


class Run:
    """A supervisor with its services, and what it said so far."""

    def __init__(self, data: Path, scripts: dict[str, str], grace_s: float) -> None:
        """Start it; each script must print "up" once it is."""
        self.data = data
        scripts = {name: textwrap.dedent(script) for name, script in scripts.items()}
        program = PROGRAM.format(
            bin=str(ROOT / "bin"), data=str(data), scripts=scripts, grace_s=grace_s
        )
        self.output = data / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program], stdout=output, stderr=output, cwd=data
            )

    def said(self) -> str:
        """Return the console so far."""
        return self.output.read_text()

    def wait_for(self, text: str, *, times: int = 1) -> None:
        """Wait until the console shows `text`."""
        until(lambda: self.said().count(text) >= times, what=f"{text!r} in:\n{self.said()}")

    def pid(self, name: str) -> int:
        """Return a service's process id."""
        return int(json.loads((self.data / "stack.json").read_text())["services"][name]["pid"])


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Tell whether a process id belongs to a running process."""
    return is_alive


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """`supervise({"name": script, ...})` runs them, in order, until the test ends."""
    runs: list[Run] = []

    def start(scripts: dict[str, str], *, grace_s: float = 5) -> Run:
        run = Run(tmp_path, scripts, grace_s)
        runs.append(run)
        return run

    yield start
    for run in runs:
        with suppress(ProcessLookupError):
            run.process.send_signal(signal.SIGTERM)
        run.process.wait(15)
