"""What reading a file gives: rows that are records, rows that are not, or a refusal of the file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

RECORD_LIMIT = 2**20  # bytes of one row in its file; a larger one is rejected
DEPTH_LIMIT = 64  # objects and lists inside each other, the record itself counted
EXCERPT_LIMIT = 200  # characters
SAFE_INTEGER = 2**53  # the largest magnitude that JavaScript, and so FullStory, reads exactly

TOO_LARGE = f"the row is larger than {RECORD_LIMIT // 2**20} MiB"


class UnreadableFile(Exception):
    """The file cannot be read; `str()` of it is a sentence for the person who gave it."""


class Row(NamedTuple):
    """A row that became a record. A tuple, because there is one for each of millions."""

    line_number: int  # from 1; where the row begins
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that did not become a record, and why: the reason completes "Line 7: ..."."""

    line_number: int  # from 1; where the row begins
    reason: str
    excerpt: str  # the beginning of the row, at most EXCERPT_LIMIT characters


class Column(NamedTuple):
    """One attribute of some records whose values, where they are there, are all of one kind."""

    path: str
    kind: str  # as `schema.Attribute` has it, but never "moment"
    present: int  # how many of the records have it
    texts: Sequence[str]  # the values of kind "text", in any order; of other kinds, none


class Batch(NamedTuple):
    """Neighbouring rows of a file: those that became records, and those that did not."""

    records: list[dict[str, Any]]
    line_numbers: Sequence[int]  # one for each of `records`
    rejected: list[RejectedRow]
    columns: list[Column] | None = None  # all that `records` have, where the reader knows it

    def in_order(self) -> Iterable[Row | RejectedRow]:
        """All the rows, in the order of their lines; of one line, the records first."""
        rows = map(Row, self.line_numbers, self.records)
        if not self.rejected:
            return rows
        return sorted([*rows, *self.rejected], key=_line_number)


def _line_number(row: Row | RejectedRow) -> int:
    return row.line_number


def reject(line_number: int, reason: str, row: str | bytes) -> RejectedRow:
    """Return the rejection of `row`, with an excerpt that any database can store."""
    if isinstance(row, bytes):
        row = row[: 4 * EXCERPT_LIMIT].decode("utf-8", "replace")
    excerpt = row[:EXCERPT_LIMIT].rstrip("\r\n").replace("\0", "␀")
    return RejectedRow(line_number, reason, excerpt)
