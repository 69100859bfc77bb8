"""The shape of the repository: what lies where, how long it may be, what it may be called."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT

TOP_LEVEL = {
    *("manage.py", "fsdest", "templates", "static", "tests", "docker-compose.yml"),
    *("requirements.txt", "requirements.in", "requirements-dev.txt", "requirements-dev.in"),
    *("bin", "README.md", "pyproject.toml", "CHANGELOG.md", "DECISIONS.md", "Dockerfile"),
    *(".ci", ".gitignore", ".dockerignore", ".env.example", "docs"),
}
SAYS_NOTHING = {
    *("utils", "util", "helpers", "helper", "common", "core", "services", "constants"),
    *("exceptions", "manager", "managers", "handler", "handlers", "processor", "misc"),
}
MAX_FILE_LINES = 250
ONE_LIST = {"fsdest/settings.py"}  # read from top to bottom, and searched in one place
MAX_FUNCTION_LINES = 40  # without its docstring
MAX_STATIC_LINE = 400  # characters; what is longer was written by a machine


def tracked(*patterns: str) -> list[Path]:
    """Return the files that are in the repository."""
    listing = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode:
        pytest.skip("this is no git repository")
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).exists()]


def modules() -> list[Path]:
    return [path for path in tracked("fsdest/*.py", "bin/*.py") if "migrations" not in path.parts]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Return each function of a module with its length in lines, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_text = ast.get_docstring(node) is not None
            text = (first.end_lineno or 0) - first.lineno + 1 if has_text else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - text


def test_the_top_level_holds_only_what_tools_and_people_need():
    found = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert found - TOP_LEVEL == set()


def test_no_file_is_longer_than_a_person_reads_in_one_go():
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in modules()}
    too_long = {path: n for path, n in lengths.items() if n > MAX_FILE_LINES}
    assert too_long.keys() - ONE_LIST == set()


def test_no_function_is_longer_than_a_screen():
    too_long = [
        f"{path.relative_to(ROOT)}: {name} has {length} lines"
        for path in modules()
        for name, length in functions(path)
        if length > MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_every_module_is_named_after_something():
    assert [str(path) for path in modules() if path.stem in SAYS_NOTHING] == []


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.surface("S29")
def test_no_script_or_style_of_somebody_else_is_in_the_repository():
    made_by_machine = [
        str(path.relative_to(ROOT))
        for path in tracked("*.js", "*.css", "*.mjs")
        if max(map(len, path.read_text().splitlines() or [""])) > MAX_STATIC_LINE
    ]
    assert made_by_machine == []
