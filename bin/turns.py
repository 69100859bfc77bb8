"""Runs checks: one after the other, and several rows of them side by side.

One row of checks that stand side by side shows what they print as it comes; of the others it is
shown when each has ended, so that no two are mixed.
"""

import os
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST_ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A command that passes with exit code 0. A noisy one is shown as it goes."""

    name: str
    argv: tuple[str, ...]
    is_noisy: bool = False
    again: tuple[str, ...] = ()  # runs the tests that are added to it, to look again


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a check; `counts` is pytest's last line, as numbers by word."""

    name: str
    passed: bool
    seconds: float
    counts: dict[str, int]
    failures: tuple[str, ...] = ()  # the tests that failed


@dataclass(slots=True)
class Turns:
    """The checks of one run of the program, until it is asked to stop."""

    is_stopped: bool = False
    _one_speaks: threading.Lock = field(default_factory=threading.Lock)

    def in_a_row(self, checks: Sequence[Check], *, live: bool = True) -> list[Outcome]:
        """Run checks one after the other."""
        return [self.run(check, live=live) for check in checks if not self.is_stopped]

    def side_by_side(self, rows: Sequence[Sequence[Check]]) -> list[Outcome]:
        """Run rows of checks at once; the outcomes come in the order of the rows."""
        with ThreadPoolExecutor(max_workers=len(rows)) as pool:
            running = [pool.submit(self.in_a_row, row, live=n == 0) for n, row in enumerate(rows)]
            try:
                return [outcome for each in running for outcome in each.result()]
            except KeyboardInterrupt:
                self.is_stopped = True  # or the next of each row would still begin
                raise

    def run(self, check: Check, *, live: bool = True) -> Outcome:
        """Run one check. A quiet one shows its output only when it fails."""
        self._say(f"\n=== {check.name}\n")
        began = time.monotonic()
        process = subprocess.Popen(
            check.argv,
            cwd=ROOT,
            env={**os.environ, **TEST_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        lines = []
        for line in process.stdout or ():
            lines.append(line)
            if check.is_noisy and live:
                self._say(line)
        passed, seconds = process.wait() == 0, time.monotonic() - began
        if check.is_noisy and not live:
            self._say(f"\n=== {check.name}: done\n" + "".join(lines))
        elif not passed and not check.is_noisy:
            self._say("".join(lines))
        return Outcome(
            name=check.name,
            passed=passed,
            seconds=seconds,
            counts=counts(lines),
            failures=failed(lines),
        )

    def _say(self, text: str) -> None:
        with self._one_speaks:
            print(text, end="", flush=True)


def failed(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the tests that pytest's summary names as failed."""
    found = (re.match(r"(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", line.strip()) for line in lines)
    return tuple(dict.fromkeys(each.group(1) for each in found if each))


def counts(lines: Sequence[str]) -> dict[str, int]:
    """Return what pytest counted, from its last line: {"passed": 12, "skipped": 1}."""
    last = next((line for line in reversed(lines) if re.search(r" in [\d.:]+s", line)), "")
    words = re.findall(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)", last)
    return {word.removesuffix("s") if word == "errors" else word: int(n) for n, word in words}
