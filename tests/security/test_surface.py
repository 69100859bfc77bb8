"""Every line of the attack surface is claimed by a test, and none is claimed that is not there."""

import ast
import re
from collections import Counter

import pytest
from django.urls import get_resolver

from tests.running import ROOT
from tests.security.surface import SURFACE


def claims() -> Counter[str]:
    """Count the tests that name each line in a `surface` mark."""
    found: Counter[str] = Counter()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.update(_named(node))
    return found


def _named(test: ast.FunctionDef) -> list[str]:
    marks = [each for each in test.decorator_list if isinstance(each, ast.Call)]
    return [
        str(ast.literal_eval(argument))
        for mark in marks
        if ast.unparse(mark.func) == "pytest.mark.surface"
        for argument in mark.args
    ]


def test_every_line_of_the_surface_is_claimed_by_a_test():
    assert set(claims()) == set(SURFACE)


@pytest.mark.surface("S20")
def test_no_address_of_ours_takes_anything_without_a_token():
    def views(patterns):
        for each in patterns:
            yield from views(each.url_patterns) if hasattr(each, "url_patterns") else [each]

    exempt = {
        view.name
        for view in views(get_resolver().url_patterns)
        if getattr(view.callback, "csrf_exempt", False)
    }
    # Their inner halves check the token, once they have our handler for files.
    assert exempt == {"upload", "destination-import"}


@pytest.mark.surface("S29")
def test_every_requirement_is_pinned_to_its_bytes():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = re.sub(r"\\\n", " ", (ROOT / name).read_text())
        lines = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line, re.I)]
        assert len(lines) > 10
        assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []
