"""Take one safeguard after another out of a copy of the product, and run the tests that must fail.

The tests have to pass on the copy as it is, or their failing would mean nothing. The exit code is 0
only if they do, and every mutant is caught.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutations import MUTATIONS, Mutation, SourceHasMoved

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("fsdest", "tests", "bin", "static", "templates", "manage.py", "pyproject.toml")
WITHIN_S = 240  # for one mutant, on a busy machine; a mutant may also hang
TESTS_FAILED = 1  # exit code of pytest
WIDE = 96


@dataclass(frozen=True, slots=True)
class Judged:
    """What the tests said about a copy of the product."""

    name: str
    what: str
    result: str  # green, caught, hung, SURVIVED, BROKEN
    seconds: float
    output: str = ""

    @property
    def is_as_it_should(self) -> bool:
        return self.result in {"green", "caught", "hung"}


def main(argv: Sequence[str]) -> int:
    """Return the exit code."""
    asked = _arguments(argv)
    mutations = [each for each in MUTATIONS if each.name in asked.names or not asked.names]
    if asked.list:
        print("\n".join(f"{each.name:12} {each.what}" for each in mutations))
        return 0
    with tempfile.TemporaryDirectory(prefix="fsdest-mutants-") as folder:
        outcomes = []
        for judged in judge_all(mutations, Path(folder)):
            print(f"{judged.name:12} {judged.what:72} {judged.seconds:6.1f} s  {judged.result}")
            if not judged.is_as_it_should:
                print(judged.output[-3000:])
            sys.stdout.flush()
            outcomes.append(judged)
    caught = sum(each.result in {"caught", "hung"} for each in outcomes)
    print(f"{caught} of {len(mutations)} mutants were caught")
    return 0 if all(each.is_as_it_should for each in outcomes) else 1


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="fence", help="only these mutants")
    parser.add_argument("--list", action="store_true", help="tell the mutants, and run nothing")
    asked = parser.parse_args(argv)
    if unknown := set(asked.names) - {each.name for each in MUTATIONS}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; see --list")
    return asked


def judge_all(mutations: Sequence[Mutation], folder: Path) -> Iterator[Judged]:
    """Yield what came of the copy as it is, then of each mutant."""
    tree = copy(folder / "tree")
    tests = dict.fromkeys(test for each in mutations for test in each.tests)
    yield _judge("(as it is)", "all of these tests pass", tree, tests, is_mutant=False)
    for each in mutations:
        kept = (tree / each.file).read_text()
        try:
            each.apply(tree)
            yield _judge(each.name, each.what, tree, each.tests, is_mutant=True)
        except SourceHasMoved as moved:
            yield Judged(each.name, each.what, "BROKEN", 0.0, str(moved))
        finally:
            (tree / each.file).write_text(kept)


def copy(tree: Path) -> Path:
    """Copy what the tests need to `tree`, and return it."""
    tree.mkdir()
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, tree / name)
    return tree


def _judge(name: str, what: str, tree: Path, tests: Iterable[str], *, is_mutant: bool) -> Judged:
    began = time.monotonic()
    code, output = _pytest(tree, tests, stops_early=is_mutant)
    if code is None:
        result = "hung" if is_mutant else "BROKEN"
    elif is_mutant:
        result = {0: "SURVIVED", TESTS_FAILED: "caught"}.get(code, "BROKEN")
    else:
        result = "BROKEN" if code else "green"
    return Judged(name, what, result, time.monotonic() - began, output)


def _pytest(tree: Path, tests: Iterable[str], *, stops_early: bool) -> tuple[int | None, str]:
    """Run tests in `tree`; return the exit code, None if they did not end, and the output."""
    environment = {
        **{name: text for name, text in os.environ.items() if name != "DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",  # two mutants of one second would share a file
    }
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=100"]
    argv += ["-x"] if stops_early else []
    process = subprocess.Popen(
        [*argv, *tests],
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return None, process.communicate()[0]
    return process.returncode, output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
