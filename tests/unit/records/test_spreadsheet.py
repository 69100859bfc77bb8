"""A cell that a spreadsheet would take for a formula is shown as text."""

import pytest

from fsdest.records.spreadsheet import cell


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example","click")',
        "+1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        "\u00a0=1+1",
        "＝1+1",
        "|calc",
        "%0A=1",
    ],
)
@pytest.mark.surface("S13")
def test_a_formula_begins_with_a_quote(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("", ""), (None, ""), (12, "12"), ("ann", "ann"), ("a=b", "a=b"), (" ", " ")],
)
def test_anything_else_is_as_it_was(value, shown):
    assert cell(value) == shown
