"""Files become records: CSV, JSON lines, one JSON object or a list of them, plain or gzip.

What a file is, is told from its content, never from its name. However large it is, memory holds
one chunk of it and the rows in that.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import orjson

from fsdest.records.csv_rows import CsvFile
from fsdest.records.files import File, Watcher
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
    head = next(file.chunks())
    start = head.lstrip()
    if start.startswith(b"["):
        return Reading(file, "JSON", JsonList(file))
    if not start.startswith(b"{"):
        return Reading(file, "CSV", CsvFile(file, head))
    if _has_an_object_in_a_line(start):
        return Reading(file, "JSON lines", JsonLines(file))
    _refuse_broken_object(file)
    return Reading(file, "JSON", OneObject(file))


def _has_an_object_in_a_line(sample: bytes) -> bool:
    """Whether one of the first lines is an object by itself, or is one too large to tell."""
    lines = sample.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]
    return any(line.strip().startswith(b"{") and _is_json(line) for line in lines)


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _refuse_broken_object(file: File) -> None:
    """Raise UnreadableFile if the file, which begins as one JSON object does, is none."""
    content = b""
    for chunk in file.chunks():
        content += chunk
        if len(content) > RECORD_LIMIT:
            return
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(
            f"The file is not JSON: line {error.lineno:,}, character {error.colno:,}: "
            f"{error.msg.partition(': line ')[0]}."
        ) from error
