"""From the text of a CSV file to its cells, with the rows that are broken set apart."""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fsdest.records import unquoted
from fsdest.records.lines import Piece
from fsdest.records.rows import RECORD_LIMIT, TOO_LARGE, RejectedRow, UnreadableFile, reject

LINES_IN_ROW = 1000  # a quote that is open for longer is a stray one
_FEWEST_LINES_IN_ROW = 10

# The library's own limit is 128 KiB and counts for the whole process. Rows are measured here.
csv.field_size_limit(4 * RECORD_LIMIT)


class CellRows(NamedTuple):
    """Neighbouring rows of cells, of any width; the rows rejected among them."""

    line_numbers: Sequence[int]
    rows: list[list[str]]
    rejected: list[RejectedRow]


class CellColumns(NamedTuple):
    """The same, where all rows have the expected width: the cells of each column."""

    line_numbers: Sequence[int]
    columns: Sequence[Sequence[str]]  # none, or as many as the file is wide
    rejected: list[RejectedRow]

    @property
    def rows(self) -> list[list[str]]:
        return list(map(list, zip(*self.columns, strict=True)))

    def without_first(self) -> "CellColumns":
        """Return all rows but the first."""
        columns = [cells[1:] for cells in self.columns]
        return CellColumns(self.line_numbers[1:], columns, self.rejected)


class CellReader:
    """Reads a CSV file once, a piece at a time.

    A piece in which every row is one good line is read in one go. Else a row may span lines,
    and a stray quote may swallow some: then only the line with the quote is rejected, and reading
    goes on with the line after it.
    """

    def __init__(self, pieces: Iterator[Piece], separator: str, *, width: int = 0) -> None:
        self._pieces = pieces
        self._separator = separator
        self._width = width  # cells of a row; 0 if it is not known yet
        self._line_number = 1  # of the next line
        self._waiting: deque[str] = deque()  # lines that are to be read
        self._taken: list[str] = []  # lines of the row that is being read
        self._taken_size = 0  # bytes
        # How many lines a row may have: fewer after each stray quote, since what it swallowed
        # is read again, and more with each good row. It keeps hostile files from costing hours.
        self._patience = LINES_IN_ROW

    def batches(self) -> Iterator[CellRows | CellColumns]:
        """Yield all rows; a blank line is a row of no cells. UnreadableFile if not UTF-8."""
        while (text := self._next_text()) is not None:
            found = self._read_at_once(text)
            if found is None:
                self._waiting.extend(io.StringIO(text, newline=""))
                found = self._read_with_care()
            yield found

    def _next_text(self) -> str | None:
        piece = next(self._pieces, None)
        if piece is None:
            return None
        try:
            return piece.data.decode()
        except UnicodeDecodeError as error:
            at = piece.end - len(piece.data) + error.start + 1
            lines = self._line_number + len(self._waiting) + piece.data.count(b"\n", 0, error.start)
            raise UnreadableFile(
                f"The file is not UTF-8: byte {at:,}, on line {lines:,}, is not part of "
                "a character. Save it as UTF-8 and give that."
            ) from error

    def _read_at_once(self, text: str) -> CellRows | CellColumns | None:
        """Return a row for each line of `text`; None if that is not what it holds."""
        if 4 * len(text) > RECORD_LIMIT or "\0" in text:
            return None
        columns = unquoted.columns(text, self._separator, self._width)
        if columns is not None:
            return CellColumns(self._count(len(columns[0])), columns, [])
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._separator, strict=True)
        try:
            rows = list(reader)
        except csv.Error:
            return None
        return CellRows(self._count(len(rows)), rows, []) if len(rows) == reader.line_num else None

    def _count(self, lines: int) -> range:
        """Go on by so many lines; return their numbers."""
        first = self._line_number
        self._line_number += lines
        return range(first, self._line_number)

    def _read_with_care(self) -> CellRows:
        reader = csv.reader(self, delimiter=self._separator, strict=True)
        line_numbers: list[int] = []
        rows: list[list[str]] = []
        rejected: list[RejectedRow] = []
        while self._waiting:
            self._taken.clear()
            self._taken_size = 0
            begun = self._line_number
            try:
                cells = next(reader)
            except csv.Error as error:
                rejected.append(reject(begun, _reason(error), self._taken[0]))
                self._give_back_all_but_one()
                continue
            reason = self._fault()
            if reason:
                rejected.append(reject(begun, reason, self._taken[0]))
            else:
                line_numbers.append(begun)
                rows.append(cells)
                self._patience = min(LINES_IN_ROW, self._patience + _FEWEST_LINES_IN_ROW)
        return CellRows(line_numbers, rows, rejected)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Give csv.reader a line more for its row, unless the row has had enough of them."""
        if len(self._taken) >= self._patience or self._taken_size > RECORD_LIMIT:
            lines = self._patience
            self._patience = max(lines // 2, _FEWEST_LINES_IN_ROW)
            raise csv.Error(f"a quote is opened and not closed within {lines:,} lines")
        if not self._waiting:
            text = self._next_text()
            if text is None:
                raise StopIteration
            self._waiting.extend(io.StringIO(text, newline=""))
        line = self._waiting.popleft()
        self._taken.append(line)
        self._taken_size += len(line) if line.isascii() else len(line.encode())
        self._line_number += 1
        return line

    def _give_back_all_but_one(self) -> None:
        swallowed = self._taken[1:]
        self._waiting.extendleft(reversed(swallowed))
        self._line_number -= len(swallowed)

    def _fault(self) -> str:
        if self._taken_size > RECORD_LIMIT:
            return TOO_LARGE
        if any("\0" in line for line in self._taken):
            return "the row holds a NUL byte"
        return ""


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "expected after" in text:
        return "text follows a closing quote; a quote inside a quoted cell is written twice"
    if "unexpected end" in text:
        return "a quote is opened and never closed"
    return text
