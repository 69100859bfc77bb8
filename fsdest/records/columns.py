"""The kind of a whole column of a CSV file, and its cells as values of that kind.

A kind is a property of the column, never of one value. A column is

- number, if every cell that is not empty is a number written in the canonical way: no plus
  sign, no leading zeros, no exponent, no separators, integers up to 2^53, decimals of up to 15
  significant digits (a double holds those exactly as written). So `00123`, `+49 30`, `1e5`
  and a 17-digit id keep the column text;
- boolean, if every cell that is not empty is `true` or `false`, in any case;
- empty, if every cell is empty: the records do not have the attribute;
- text otherwise; a date is text.

In a number or boolean column an empty cell means that the record does not have the attribute.
In a text column it is the empty text.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import orjson

from fsdest.records.rows import SAFE_INTEGER

_INTEGERS = re.compile(r"(?:(?:0|-?[1-9][0-9]{0,14})\0)+")
_NUMBERS = re.compile(r"(?:(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,6})\.[0-9]{1,8})\0)+")
_NUMBER = re.compile(r"(?:0|-?[1-9][0-9]{0,15}|-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,30})")


class Kind(StrEnum):
    EMPTY = "empty"
    INTEGER = "integer"  # a number column in which no cell has a decimal point
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


class Absent:
    """The type of ABSENT, the value of a cell that gives its record no attribute."""


ABSENT = Absent()

Values = Sequence[Any]


class ColumnKinds:
    """Learns the kind of each column from all its cells; the order of rows makes no difference."""

    def __init__(self, width: int) -> None:
        self.kinds = [Kind.EMPTY] * width
        self._open = list(range(width))  # the columns that are not text yet

    def learn(self, columns: Sequence[Sequence[str]]) -> None:
        """Take some rows into account: none, or the cells of each column of the file."""
        for index in self._open if columns else ():
            self.kinds[index] = wider(self.kinds[index], kind_of(columns[index]))
        self._open = [index for index in self._open if self.kinds[index] is not Kind.TEXT]


def wider(one: Kind, other: Kind) -> Kind:
    """Return the narrowest kind that holds the cells of both."""
    if one is other or other is Kind.EMPTY:
        return one
    if one is Kind.EMPTY:
        return other
    if {one, other} == {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER
    return Kind.TEXT


def kind_of(cells: Iterable[str]) -> Kind:
    """Return the kind of a column that has just these cells."""
    different = set(cells)
    different.discard("")
    if not different:
        return Kind.EMPTY
    # One match for all: NUL, which no cell holds, ends each.
    joined = "\0".join(different) + "\0"
    if _INTEGERS.fullmatch(joined):
        return Kind.INTEGER
    if _NUMBERS.fullmatch(joined) or all(map(_is_number, different)):
        return Kind.NUMBER
    if all(cell.lower() in ("true", "false") for cell in different):
        return Kind.BOOLEAN
    return Kind.TEXT


def _is_number(cell: str) -> bool:
    if not _NUMBER.fullmatch(cell):
        return False
    if "." in cell:
        return len(cell.lstrip("-0.").replace(".", "")) <= 15
    return abs(int(cell)) <= SAFE_INTEGER


def values(cells: Sequence[str], kind: Kind) -> Values:
    """Return the values of `cells` of a column of this kind; ABSENT for an empty cell."""
    if kind is Kind.TEXT:
        return cells
    convert = _booleans if kind is Kind.BOOLEAN else _numbers
    if "" not in cells:
        return convert(cells)
    there = iter(convert(list(filter(None, cells))))
    return [next(there) if cell else ABSENT for cell in cells]


def _numbers(cells: Sequence[str]) -> list[int | float]:
    """Read canonical numbers all at once: JSON writes them the same way."""
    numbers: list[int | float] = orjson.loads(f"[{','.join(cells)}]")
    return numbers


def _booleans(cells: Sequence[str]) -> list[bool]:
    means = {cell: cell.lower() == "true" for cell in set(cells)}
    return list(map(means.__getitem__, cells))
