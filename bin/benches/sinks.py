"""Start a sink, ask it what it counted, end it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

SCRIPT = Path(__file__).with_name("sink.py")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a sink received: calls, bytes, and when the first and the last call had arrived."""

    calls: int
    bytes: int
    first: float
    last: float

    @property
    def per_s(self) -> float:
        """Return the calls a second between the first and the last one."""
        return (self.calls - 1) / (self.last - self.first) if self.calls > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink that runs."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def counted(self) -> Counted:
        """Return what came since the last reset."""
        return self._ask("/_bench")

    def reset(self) -> Counted:
        """Return what came since the last reset, and begin anew."""
        return self._ask("/_bench/reset")

    def wait_for(self, calls: int, *, within_s: float) -> Counted:
        """Wait until `calls` have come; SystemExit if they do not in time."""
        end = time.monotonic() + within_s
        while (counted := self.counted()).calls < calls:
            if time.monotonic() > end:
                raise SystemExit(f"Of {calls:,} calls only {counted.calls:,} came.")
            time.sleep(0.02)
        return counted

    def _ask(self, path: str) -> Counted:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        answer = Counted(**json.loads(connection.getresponse().read()))
        connection.close()
        return answer


@contextmanager
def running_sink(*, delay_ms: int = 0) -> Iterator[Sink]:
    """A sink that answers after `delay_ms`, and is gone afterwards."""
    command = [sys.executable, str(SCRIPT), str(delay_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Sink(int(process.stdout.readline() if process.stdout else 0))
    finally:
        process.terminate()
        process.wait(10)
