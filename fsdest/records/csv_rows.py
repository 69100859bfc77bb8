"""CSV files: rows of text become records, with the kind of each column known beforehand.

The file is read twice, each time in bounded memory: first to learn the kind of every column over
the whole file (`columns` has the rules), then to make the records.
"""

import csv
import io
from collections.abc import Iterator

from fsdest.records import header
from fsdest.records.cells import CellColumns, CellReader, CellRows
from fsdest.records.columns import ColumnKinds, Kind
from fsdest.records.files import File
from fsdest.records.lines import pieces
from fsdest.records.rows import Batch, UnreadableFile, reject

SEPARATORS = (",", ";", "\t", "|")


class CsvFile:
    """A CSV file with a header row; its separator and header are read at once.

    Raises UnreadableFile for a header that cannot be used. Blank lines are passed over.
    """

    def __init__(self, file: File, head: bytes) -> None:
        self._file = file
        self._separator = separator(head.decode("utf-8", "replace"))
        self._names = header.names(_first_row(self._rows(turn=0, turns=2)))
        self._tree = header.tree(self._names)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows after the header. UnreadableFile if the file turns out not to be UTF-8."""
        learned = ColumnKinds(len(self._names))
        for found in self._fitting(turn=0, turns=2):
            learned.learn(found.columns)
        kinds = learned.kinds
        tree = header.without_empty(self._tree, kinds)
        for found in self._fitting(turn=1, turns=2):
            yield _batch(found, tree, kinds)

    def _rows(self, *, turn: int, turns: int, width: int = 0) -> Iterator[CellRows | CellColumns]:
        lines = pieces(self._file.chunks(turn=turn, turns=turns), at_cr=True)
        return CellReader(lines, self._separator, width=width).batches()

    def _fitting(self, *, turn: int, turns: int) -> Iterator[CellColumns]:
        """Yield the rows below the header; those of another width are rejected."""
        is_header_ahead = True
        for found in self._rows(turn=turn, turns=turns, width=len(self._names)):
            fitting = self._of_my_width(found) if isinstance(found, CellRows) else found
            if is_header_ahead and fitting.columns:
                fitting = fitting.without_first()
                is_header_ahead = False
            yield fitting

    def _of_my_width(self, found: CellRows) -> CellColumns:
        width = len(self._names)
        if set(map(len, found.rows)) <= {width}:
            columns = list(zip(*found.rows, strict=True))
            return CellColumns(found.line_numbers, columns, found.rejected)
        rows, numbers, rejected = [], [], list(found.rejected)
        for line_number, cells in zip(found.line_numbers, found.rows, strict=True):
            if len(cells) == width:
                numbers.append(line_number)
                rows.append(cells)
            elif cells:
                reason = f"the row has {_cells(len(cells))}, the header {width}"
                rejected.append(reject(line_number, reason, self._separator.join(cells)))
        return CellColumns(numbers, list(zip(*rows, strict=True)), rejected)


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number:,} cells"


def _batch(found: CellColumns, tree: header.Tree, kinds: list[Kind]) -> Batch:
    if not found.line_numbers:
        return Batch([], [], found.rejected)
    records, columns = header.records(tree, found.columns, kinds)
    return Batch(records, found.line_numbers, found.rejected, columns)


def _first_row(batches: Iterator[CellRows | CellColumns]) -> list[str]:
    """Return the header row, before which there may only be blank lines."""
    for found in batches:
        at = next((at for at, cells in enumerate(found.rows) if cells), None)
        if found.rejected and (
            at is None or found.rejected[0].line_number < found.line_numbers[at]
        ):
            raise UnreadableFile(f"The header cannot be read: {found.rejected[0].reason}.")
        if at is not None:
            return found.rows[at]
    raise UnreadableFile("The file has no header row.")


def separator(sample: str) -> str:
    """Return the separator under which the most rows of `sample` are as wide as the first one.

    Of two that fit equally well, the one that makes more columns. If the first row is one column
    under all, the file is one column, and the best separator is the one that its texts lack.
    A last row without its line end is not looked at, since it may be cut.
    """
    sample = sample[: sample.rfind("\n") + 1] or sample
    return max(SEPARATORS, key=lambda one: _fit(sample, one))


def _fit(sample: str, one: str) -> tuple[bool, float, int]:
    """Return whether there are several columns, the share of rows that fit, and the columns."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=one)
    widths = [len(cells) for cells in rows if cells]
    if not widths:
        return (False, 0.0, 0)
    return (widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0])
