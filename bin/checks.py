"""Run every check, and tell in a table what came of each.

    checks.py            all: lint, types, contracts, tests on SQLite, in the browser, on PostgreSQL
    checks.py quick      lint, types, contracts, and the tests that need no process but their own
    checks.py ARGS...    pytest ARGS, nothing else

The exit code is 0 only if every check passed.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from programs import provide
from turns import ROOT, Check, Outcome, Turns

BIN = Path(sys.executable).parent
ALONE = "not stack and not browser and not production"  # tests that need no process but their own
# What a database could change: neither the line to FullStory, nor the limiter in Redis.
WITHOUT_DATABASE = [f"--ignore=tests/integration/{name}" for name in ("outbound", "delivery_pace")]
ON_BOTH = ["tests/integration", "tests/faults", *WITHOUT_DATABASE]
# A stack for each file, some at a time, the longest first: most of their time is waiting.
STACKS = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
SMOKE = ["tests/production/test_smoke.py"]  # bin/smoke runs the rest of that folder too
KILLING = ["tests/faults/test_worker_killed.py"]
MOST_SHAKY = 5  # tests that are run again, alone
FAST = [f"tests/{name}" for name in ("unit", "properties", "contracts")]


@dataclass(frozen=True, slots=True)
class Plan:
    """Checks to run one after the other, then rows of checks side by side."""

    first: Sequence[Check]
    rows: Sequence[Sequence[Check]] = ()

    def all(self) -> list[Check]:
        """Every check, in the order of the table."""
        return [*self.first, *(check for row in self.rows for check in row)]


def tool(name: str, *args: str) -> Check:
    """A check by a program of the virtual environment."""
    return Check(name=f"{name} {args[0]}", argv=(str(BIN / name), *args))


def pytest(name: str, *args: str, on_postgres: bool = False) -> Check:
    """A run of pytest."""
    server = (sys.executable, str(ROOT / "bin" / "on_postgres.py")) if on_postgres else ()
    again = (*server, str(BIN / "pytest"), "--durations=5")
    return Check(name=name, argv=(*again, *args), is_noisy=True, again=again)


def lint() -> list[Check]:
    """What is decided without running anything."""
    migrations = ("manage.py", "makemigrations", "--check", "--dry-run")
    return [
        tool("ruff", "check", "."),
        tool("ruff", "format", "--check", "."),
        Check(name="mypy", argv=(str(BIN / "mypy"),)),
        Check(name="import contracts", argv=(str(BIN / "lint-imports"),)),
        tool("djlint", "templates", "--lint", "--quiet"),
        Check(name="migrations are complete", argv=(sys.executable, *migrations)),
    ]


def everything() -> Plan:
    """All checks. Stacks and browsers wait for each other; what computes stands beside them."""
    stacks = [
        pytest("tests, whole stack and browser", "tests", *STACKS, "-m", "stack or browser"),
        pytest("tests, whole stack, PostgreSQL", *KILLING, *STACKS, on_postgres=True),
    ]
    others = [
        pytest("tests, SQLite", "tests", "-n", "2", "-m", ALONE),
        pytest("tests, PostgreSQL", *ON_BOTH, "-n", "2", "-m", ALONE, on_postgres=True),
        pytest("production, as compose starts it", *SMOKE),
    ]
    return Plan(lint(), (stacks, others))


def chosen(args: list[str]) -> Plan:
    """Return the checks that the command line asks for."""
    match args:
        case []:
            return everything()
        case ["quick"]:
            return Plan([*lint(), pytest("fast tests", *FAST, "-n", "2", "-m", ALONE)])
        case _:
            return Plan([pytest("pytest", *args)])


def look_again(turns: Turns, check: Check, crowded: Outcome) -> Outcome:
    """Run the few tests that failed in company once more, alone, and count what comes of that.

    A stack beside others on two cores may miss the seconds a browser waits for; a bug fails alone
    as well. What passes only alone is counted, and shown, as shaky.
    """
    if crowded.passed or not 0 < len(crowded.failures) <= MOST_SHAKY:
        return crowded
    argv = (*check.again, *crowded.failures)
    alone = turns.run(Check(name=f"{check.name}, alone", argv=argv, is_noisy=True))
    numbers = {**crowded.counts, "failed": 0, "error": 0, "shaky": len(crowded.failures)}
    for word, n in alone.counts.items():
        numbers[word] = numbers.get(word, 0) + n
    return Outcome(
        name=check.name,
        passed=alone.passed,
        seconds=crowded.seconds + alone.seconds,
        counts={w: n for w, n in numbers.items() if n},
    )


def tell(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Print the table, and a last line with the numbers of all runs together."""
    print("\n" + "-" * 72)
    for outcome in outcomes:
        mark = "ok" if outcome.passed else "FAILED"
        numbers = ", ".join(f"{n} {word}" for word, n in outcome.counts.items())
        print(f"{mark:7} {outcome.name:34} {outcome.seconds:6.1f} s  {numbers}")
    total: dict[str, int] = {"failed": 0, "passed": 0}
    for outcome in outcomes:
        found = outcome.counts or {"passed" if outcome.passed else "failed": 1}
        if not outcome.passed and not found.keys() & {"failed", "error"}:
            found = {**found, "failed": 1}  # the run itself went wrong
        for word, n in found.items():
            total[word] = total.get(word, 0) + n
    numbers = ", ".join(f"{n} {word}" for word, n in total.items())
    print(f"==== {numbers} in {seconds:.2f}s ====", flush=True)


def main(args: list[str]) -> int:
    """Return the exit code."""
    began = time.monotonic()
    if args != ["quick"]:
        provide()
    plan, turns, outcomes = chosen(args), Turns(), list[Outcome]()
    try:
        outcomes += turns.in_a_row(plan.first)
        if plan.rows:
            crowded = turns.side_by_side(plan.rows)
            beside = plan.all()[len(plan.first) :]
            pairs = zip(beside, crowded, strict=True)
            outcomes += [look_again(turns, check, outcome) for check, outcome in pairs]
    except KeyboardInterrupt:
        print("\nStopped.")
    tell(outcomes, time.monotonic() - began)
    return 0 if len(outcomes) == len(plan.all()) and all(o.passed for o in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
