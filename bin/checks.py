"""Run every check, one after the other, and tell in a table what came of each.

    checks.py            all: lint, types, contracts, tests on SQLite, in the browser, on PostgreSQL
    checks.py quick      lint, types, contracts, and the tests that need no process but their own
    checks.py ARGS...    pytest ARGS, nothing else

The exit code is 0 only if every check passed.
"""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from programs import provide

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TEST_ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
ALONE = "not stack and not browser and not production"  # tests that may run side by side
# What a database could change: neither the line to FullStory, nor the limiter in Redis.
WITHOUT_DATABASE = [f"--ignore=tests/integration/{name}" for name in ("outbound", "delivery_pace")]
ON_BOTH = ["tests/integration", "tests/faults", *WITHOUT_DATABASE]
# A stack for each file, four at a time: most of their time is waiting.
STACKS = ("-n", "4", "--dist", "loadfile")
SMOKE = ["tests/production/test_smoke.py"]  # bin/smoke runs the rest of that folder too
KILLING = ["tests/faults/test_worker_killed.py"]
MOST_SHAKY = 5  # tests that are run again, alone
FAST = [f"tests/{name}" for name in ("unit", "properties", "contracts")]


@dataclass(frozen=True, slots=True)
class Check:
    """A command that passes with exit code 0. A noisy one is shown as it goes."""

    name: str
    argv: tuple[str, ...]
    is_noisy: bool = False
    is_crowded: bool = False  # several stacks share the machine: a failure is looked at again


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check; `counts` is pytest's last line, as numbers by word."""

    name: str
    passed: bool
    seconds: float
    counts: dict[str, int]
    failures: tuple[str, ...] = ()  # the tests that failed


def tool(name: str, *args: str) -> Check:
    """A check by a program of the virtual environment."""
    return Check(f"{name} {args[0]}", (str(BIN / name), *args))


def pytest(name: str, *args: str, on_postgres: bool = False, is_crowded: bool = False) -> Check:
    """A run of pytest."""
    server = (sys.executable, str(ROOT / "bin" / "on_postgres.py")) if on_postgres else ()
    argv = (*server, str(BIN / "pytest"), "--durations=5", *args)
    return Check(name, argv, is_noisy=True, is_crowded=is_crowded)


def lint() -> list[Check]:
    """What is decided without running anything."""
    return [
        tool("ruff", "check", "."),
        tool("ruff", "format", "--check", "."),
        Check("mypy", (str(BIN / "mypy"),)),
        Check("import contracts", (str(BIN / "lint-imports"),)),
        tool("djlint", "templates", "--lint", "--quiet"),
        Check(
            "migrations are complete",
            (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
        ),
    ]


def everything() -> list[Check]:
    """All checks, cheapest first."""
    return [
        *lint(),
        pytest("tests, SQLite", "tests", "-n", "2", "-m", ALONE),
        pytest(
            *("tests, whole stack and browser", "tests", *STACKS, "-m", "stack or browser"),
            is_crowded=True,
        ),
        pytest("tests, PostgreSQL", *ON_BOTH, "-n", "2", "-m", ALONE, on_postgres=True),
        pytest("tests, whole stack, PostgreSQL", *KILLING, *STACKS, on_postgres=True),
        pytest("production, as compose starts it", *SMOKE),
    ]


def chosen(args: list[str]) -> list[Check]:
    """Return the checks that the command line asks for."""
    match args:
        case []:
            return everything()
        case ["quick"]:
            return [*lint(), pytest("fast tests", *FAST, "-n", "2", "-m", ALONE)]
        case _:
            return [pytest("pytest", *args)]


def run(check: Check) -> Outcome:
    """Run one check. A quiet one shows its output only when it fails."""
    print(f"\n=== {check.name}", flush=True)
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
        if check.is_noisy:
            print(line, end="", flush=True)
    passed = process.wait() == 0
    if not passed and not check.is_noisy:
        print("".join(lines), end="", flush=True)
    return Outcome(check.name, passed, time.monotonic() - began, counts(lines), failed(lines))


def look_again(check: Check, crowded: Outcome) -> Outcome:
    """Run the few tests that failed in company once more, alone, and count what comes of that.

    A stack beside three others on two cores may miss the seconds a browser waits for; a bug fails
    alone as well. What passes only alone is counted, and shown, as shaky.
    """
    if not check.is_crowded or not 0 < len(crowded.failures) <= MOST_SHAKY:
        return crowded
    alone = run(pytest(f"{check.name}, alone", *crowded.failures))
    numbers = {**crowded.counts, "failed": 0, "error": 0, "shaky": len(crowded.failures)}
    for word, n in alone.counts.items():
        numbers[word] = numbers.get(word, 0) + n
    seconds = crowded.seconds + alone.seconds
    return Outcome(check.name, alone.passed, seconds, {w: n for w, n in numbers.items() if n})


def failed(lines: list[str]) -> tuple[str, ...]:
    """Return the tests that pytest's summary names as failed."""
    found = (re.match(r"(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", line.strip()) for line in lines)
    return tuple(dict.fromkeys(each.group(1) for each in found if each))


def counts(lines: list[str]) -> dict[str, int]:
    """Return what pytest counted, from its last line: {"passed": 12, "skipped": 1}."""
    last = next((line for line in reversed(lines) if re.search(r" in [\d.:]+s", line)), "")
    words = re.findall(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed)", last)
    return {word.removesuffix("s") if word == "errors" else word: int(n) for n, word in words}


def tell(outcomes: list[Outcome]) -> None:
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
    seconds = sum(outcome.seconds for outcome in outcomes)
    print(f"==== {numbers} in {seconds:.2f}s ====", flush=True)


def main(args: list[str]) -> int:
    """Return the exit code."""
    if args != ["quick"]:
        provide()
    outcomes: list[Outcome] = []
    checks = chosen(args)
    try:
        for check in checks:
            outcomes.append(look_again(check, run(check)))
    except KeyboardInterrupt:
        print(f"\nStopped in {checks[len(outcomes)].name}.")
    tell(outcomes)
    return 0 if len(outcomes) == len(checks) and all(o.passed for o in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
