"""Play the scenarios F1 to F26 one after another, and tell in a table what came of each.

Each is the tests under tests/faults/ that are marked with it, in a pytest of its own, on a stack of
its own. Each ends with one check of the invariants I1 to I13 (tests/faults/invariants.py).
"""

import argparse
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ON_POSTGRES = (sys.executable, str(ROOT / "bin" / "on_postgres.py"))
DATABASES = {"sqlite": ["sqlite"], "postgres": ["postgres"], "both": ["sqlite", "postgres"]}
NOTHING_COLLECTED = 5  # exit code of pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One scenario on one database."""

    fault: str
    what: str
    database: str
    result: str  # ok, FAILED, left out
    seconds: float = 0.0
    tests: int = 0
    checks: int = 0  # of all the invariants
    broken: tuple[str, ...] = ()
    why: str = ""
    failures: tuple[str, ...] = field(default=())

    @property
    def invariants(self) -> str:
        """What the checks said, in a few letters."""
        if self.broken:
            return " ".join(self.broken) + " broken"
        return "I1-I13" if self.checks else "-"


def main(argv: Sequence[str]) -> int:
    """Return the exit code: 0 if every scenario that was played went well."""
    plan = importlib.import_module("tests.faults.scenarios")
    asked = _arguments(argv, plan)
    if asked.list:
        print("\n".join(listing(plan)))
        return 0
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10_000)
    print(f"seed {seed}", flush=True)
    outcomes = []
    for fault in asked.faults or plan.FAULTS:
        for database in DATABASES[asked.database]:
            outcomes.append(play(fault, database, seed=seed, plan=plan))
            print(line(outcomes[-1]), flush=True)
    print("\n".join(["", *table(outcomes), f"seed {seed}"]))
    return 0 if all(each.result != "FAILED" for each in outcomes) else 1


def _arguments(argv: Sequence[str], plan: ModuleType) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/faults", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="F1", help="only these scenarios")
    parser.add_argument("--seed", type=int, help="repeat what an earlier run left to chance")
    parser.add_argument("--database", choices=DATABASES, default="both")
    parser.add_argument("--list", action="store_true", help="tell the scenarios, and play none")
    asked = parser.parse_args(argv)
    if unknown := [each for each in asked.faults if each not in plan.FAULTS]:
        parser.error(f"there is no {', '.join(unknown)}; see --list")
    return asked


def listing(plan: ModuleType) -> Iterator[str]:
    """Yield a line for each scenario: what it does, where it is played, or why it is not."""
    for fault, what in plan.FAULTS.items():
        yield f"{fault:4} {what}"
        if why := plan.LEFT_OUT.get(fault):
            yield f"     left out: {why}"
        if only := plan.ONLY_ON.get(fault):
            yield f"     on {only[0]} only: {only[1]}"


def play(fault: str, database: str, *, seed: int, plan: ModuleType) -> Played:
    """Play one scenario on one database, unless the plan leaves it out."""
    what = plan.FAULTS[fault]
    why = plan.LEFT_OUT.get(fault, "")
    only, reason = plan.ONLY_ON.get(fault, (database, ""))
    if why or only != database:
        why = why or reason
        return Played(fault=fault, what=what, database=database, result="left out", why=why)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fsdest-faults-") as folder:
        report = Path(folder) / "report.jsonl"
        code, output = _pytest(fault, database, seed=seed, report=report)
        lines = report.read_text().splitlines() if report.exists() else []
    tests = [json.loads(each) for each in lines]
    failed = [each for each in tests if each["outcome"] == "failed"]
    if code and not failed:  # pytest itself went wrong
        words = "no test is marked with it" if code == NOTHING_COLLECTED else output[-3000:]
        failed = [{"test": fault, "words": words}]
    if failed:
        print(output, flush=True)
    return Played(
        fault=fault,
        what=what,
        database=database,
        result="FAILED" if failed else "ok",
        seconds=time.monotonic() - began,
        tests=sum(each["when"] == "call" for each in tests),
        checks=sum(each["checked"] for each in tests if each["when"] == "call"),
        broken=tuple(_broken(tests)),
        failures=tuple(f"{each['test']}: {each['words']}" for each in failed),
    )


def _broken(tests: Sequence[Mapping[str, Any]]) -> list[str]:
    found = {name for each in tests for name in each["broken"]}
    return sorted(found, key=lambda name: int(name[1:]))


def _pytest(fault: str, database: str, *, seed: int, report: Path) -> tuple[int, str]:
    """Run the tests of a scenario; return the exit code and what was printed."""
    environment = {
        **{name: text for name, text in os.environ.items() if name != "DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    server = ON_POSTGRES if database == "postgres" else ()
    argv = [*server, sys.executable, "-m", "pytest", "tests/faults", f"--fault={fault}"]
    argv += [f"--fault-seed={seed}", f"--fault-report={report}", "--timeout=600"]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


HEAD = f"{'':4} {'what was done':62} {'database':9} {'tests':>5} {'seconds':>8}  invariants  result"


def line(each: Played) -> str:
    """Return a scenario as a line of the table."""
    result = each.result + (f": {each.why}" if each.why else "")
    numbers = f"{each.tests:5} {each.seconds:8.1f}"
    return (
        f"{each.fault:4} {each.what:62} {each.database:9} {numbers}  {each.invariants:11} {result}"
    )


def table(outcomes: Sequence[Played]) -> Iterator[str]:
    """Yield the table of all that was played, and below it what went wrong."""
    yield HEAD
    yield "-" * len(HEAD)
    yield from map(line, outcomes)
    yield "-" * len(HEAD)
    words = {"ok": "went well", "FAILED": "failed", "left out": "left out"}
    counts = {word: sum(each.result == word for each in outcomes) for word in words}
    tests = sum(each.tests for each in outcomes)
    seconds = sum(each.seconds for each in outcomes)
    told = ", ".join(f"{counts[word]} {said}" for word, said in words.items())
    yield f"{told}; {tests} tests in {seconds:.0f} s"
    for each in outcomes:
        for failure in each.failures:
            yield f"{each.fault} on {each.database}: {failure}"
