"""Cells that a spreadsheet shows as text, whatever somebody made them begin with.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

# What makes a spreadsheet take a cell for a formula, also in the full width of Asian scripts.
FORMULA = frozenset("=+-@|%\t\r\n＝＋－＠｜％")


def cell(value: object) -> str:
    """Return `value` as a cell of a CSV file: one that would be a formula begins with a quote."""
    text = "" if value is None else str(value)
    begins = text.lstrip(" \u00a0")[:1]
    return f"'{text}" if begins in FORMULA and begins else text
