"""The product under the bench: a whole stack that sends to a sink, and a clerk inside it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benches.sinks import Counted, Sink
from tests.running import ROOT, Stack, running_stack

LOOK_EVERY_S = 0.05
WITHIN_S = 150


class Product:
    """The running product."""

    def __init__(self, stack: Stack, sink: Sink, clerk: "subprocess.Popen[str]") -> None:
        self._stack, self._sink, self._clerk = stack, sink, clerk

    @property
    def redis_url(self) -> str:
        """The broker of the stack."""
        return (self._stack.data / "valkey.url").read_text().strip()

    def order(self, name: str, **options: Any) -> Any:
        """Have the clerk do something; see clerk.ORDERS."""
        told, heard = self._clerk.stdin, self._clerk.stdout
        if told is None or heard is None:  # it was started with both
            raise SystemExit("Nobody listens to the bench.")
        print(json.dumps([name, options]), file=told, flush=True)
        answer = heard.readline()
        if not answer:
            raise SystemExit(f"The clerk failed at {name}.\n{self._stack.tails()}")
        return json.loads(answer)

    def deliver(self, nexset: str, kind: str, batch: int = 1, *, calls: int) -> Counted:
        """Deliver a nexset to a fresh destination; return what the sink counted of it.

        SystemExit if the account is not what it must be when the last call has come.
        """
        destination = self.order("destination", nexset=nexset, kind=kind, batch=batch)
        self._sink.reset()
        self.order("activate", destination=destination)
        counted = self._sink.wait_for(calls, within_s=WITHIN_S)
        self._wait_until_written(destination)
        return counted

    def first_call_ms(self, nexset: str) -> float:
        """Return the milliseconds from activating a destination to the first call received."""
        destination = self.order("destination", nexset=nexset, kind="single")
        self._sink.reset()
        began: float = self.order("activate", destination=destination)
        first = self._sink.wait_for(1, within_s=WITHIN_S).first
        self._wait_until_written(destination)
        return (first - began) * 1000

    def read(self, file: Path, rows: int) -> float:
        """Have a worker read a file of so many rows; return the seconds it took."""
        began = time.monotonic()
        source = self.order("read", file=str(file))
        while (found := self.order("rows", source=source))["status"] == "reading":
            if time.monotonic() - began > WITHIN_S:
                raise SystemExit(f"Only {found['rows']:,} rows were read in time.")
            time.sleep(LOOK_EVERY_S)
        if found != {"status": "ready", "rows": rows, "rejected": 0}:
            raise SystemExit(f"The file was not read as it should: {found}")
        return time.monotonic() - began

    def peak_mb(self, service: str) -> float:
        """Return the most memory that a process of a worker has held; Linux only."""
        leader = self._stack.pid(service)
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        return max(_peak_mb(int(child)) for child in children)

    def _wait_until_written(self, destination: str) -> None:
        end = time.monotonic() + WITHIN_S
        while not (standing := self.order("standing", destination=destination))["is_done"]:
            if time.monotonic() > end:
                raise SystemExit(f"The account is not closed: {standing}\n{self._stack.tails()}")
            time.sleep(LOOK_EVERY_S)
        if standing["delivered"] != standing["accepted"]:
            raise SystemExit(f"Not every record was delivered: {standing}")


@contextmanager
def running_product(sink: Sink, **environment: str) -> Iterator[Product]:
    """A product that sends to `sink`, and is gone afterwards."""
    with running_stack(FULLSTORY_SANDBOX_URL=sink.url, LOG_LEVEL="WARNING", **environment) as stack:
        stack.env["FULLSTORY_SANDBOX_URL"] = sink.url
        script = ROOT / "bin" / "benches" / "clerk.py"
        clerk = subprocess.Popen(
            [sys.executable, str(script)],
            env=stack.env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Product(stack, sink, clerk)
        finally:
            clerk.terminate()
            clerk.wait(10)


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
