"""Files become records: CSV, JSON lines, one JSON object or a list of them, plain or gzip.

What a file is, is told from its content, never from its name. However large it is, memory holds
one chunk of it and the rows in that.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import orjson

from fsdest.records.csv_rows import CsvFile
from fsdest.records.files import File, Watcher, refuse_what_is_not_text
from fsdest.records.json_list import JsonList
from fsdest.records.json_rows import JsonLines, OneObject
from fsdest.records.rows import (
    RECORD_LIMIT,
    Batch,
    RejectedRow,
    Row,
    UnreadableFile,
)

__all__ = ["Batch", "Reading", "RejectedRow", "Row", "UnreadableFile", "read"]

_SAMPLE_BYTES = 2**16
_SAMPLE_LINES = 50


class _Rows(Protocol):
    def batches(self) -> Iterator[Batch]: ...


class Reading:
    """A file that has been recognised, and can be read from its start as often as wanted.

    Iterating gives every row once, in the order of the file, as a Row or as a RejectedRow, and
    raises UnreadableFile if the file turns out to be broken further on.
    """

    def __init__(self, file: File, form: str, rows: _Rows) -> None:
        self.form = form  # "CSV", "JSON" or "JSON lines"
        self._file = file
        self._rows = rows

    @property
    def share_read(self) -> float:
        """How much of the work is done, from 0 to 1; a CSV file is read twice."""
        return self._file.share_read

    def __iter__(self) -> Iterator[Row | RejectedRow]:
        for batch in self._rows.batches():
            yield from batch.in_order()

    def batches(self) -> Iterator[Batch]:
        """Yield the same rows, many at a time, the rejected ones apart: the fast way."""
        return self._rows.batches()


def read(stream: BinaryIO, *, watch: Watcher | None = None) -> Reading:
    """Recognise the file in `stream`, which must be seekable and stay open while it is read.

    `watch` is called with `share_read` every 64 KiB, also while a first pass yields no rows;
    it may raise to stop the reading. Raises UnreadableFile, whose text is a sentence for the
    person who gave the file, if it is empty, broken, binary, or has no usable header.
    """
    file = File(stream, watch=watch)
    head, _ = file.sample(_SAMPLE_BYTES)
    refuse_what_is_not_text(head)
    start = head.lstrip()
    if start.startswith(b"["):
        return Reading(file, "JSON", JsonList(file))
    if start.startswith(b"{"):
        return _read_objects(file)
    return Reading(file, "CSV", CsvFile(file, head))


def _read_objects(file: File) -> Reading:
    """Tell a file of one object, which may span many lines, from one with an object in each."""
    sample, is_whole = file.sample(RECORD_LIMIT + 1)
    content = sample.strip()
    if is_whole and not _fault(content):
        return Reading(file, "JSON", OneObject(content))
    # One object over several lines has its inner objects indented.
    lines = content.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]
    if any(line.startswith(b"{") and not _fault(line) for line in lines):
        return Reading(file, "JSON lines", JsonLines(file))
    raise UnreadableFile(
        f"The file is not JSON: {_fault(content)}."
        if is_whole
        else "The file begins as one JSON object that is larger than 1 MiB; "
        "give a list of objects, or one object in each line."
    )


def _fault(text: bytes) -> str:
    """What is wrong with `text` as JSON, and where; nothing if it is JSON."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        reason = error.msg.partition(": line ")[0]
        return f"line {error.lineno:,}, character {error.colno:,}: {reason}"
    return ""
