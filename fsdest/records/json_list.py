"""A JSON file that is one list: cut into its elements, which are then read one by one.

A streaming parser would give the elements without their lines, and would give up the whole file
for one wrong value inside one of them. Here, only a list whose brackets and commas are wrong
makes the file unreadable.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from fsdest.records.files import File
from fsdest.records.json_rows import batch_at_once, batch_of, record_of
from fsdest.records.rows import (
    EXCERPT_LIMIT,
    RECORD_LIMIT,
    TOO_LARGE,
    Batch,
    UnreadableFile,
    reject,
)

_BYTES_AT_ONCE = 2**18  # of elements: what is held at a time

_SPACE = re.compile(rb"[ \t\r\n]*+")
# All up to the next bracket, complete strings included, or up to a string that goes on.
_FLAT = rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+'
_TO_BRACKET = re.compile(_FLAT, re.DOTALL)
_REST_OF_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_BARE = re.compile(rb"[^,:\]\[{}\"\s]++")


def _bracketed(levels: int) -> bytes:
    """A pattern of an object or list that holds up to `levels` of others inside each other."""
    inside = rb"(?:%b%b)*+" % (_bracketed(levels - 1), _FLAT) if levels else b""
    return rb"[{\[]%b%b[}\]]" % (_FLAT, inside)


# A whole object and the comma behind it, in one match: most elements are as simple as that.
_OBJECT_AND_COMMA = re.compile(rb"[ \t\r\n]*+((?=\{)%b)[ \t\r\n]*+," % _bracketed(3), re.DOTALL)


class Element(NamedTuple):
    """One element of the list; `data` is cut short where `is_too_large`."""

    line_number: int
    data: bytes
    is_too_large: bool


class JsonList:
    """A file that is one JSON list of objects."""

    def __init__(self, file: File) -> None:
        self._file = file

    def batches(self) -> Iterator[Batch]:
        """Yield all rows, one for each element.

        Raises UnreadableFile, after the rows before it, where the list itself is broken.
        """
        scanner = _Scanner(self._file.chunks())
        found: list[Element] = []
        size = 0
        for element in scanner.elements():
            found.append(element)
            size += len(element.data)
            if size >= _BYTES_AT_ONCE or len(found) == 1000:
                yield _batch(found)
                found, size = [], 0
        yield _batch(found)


def _batch(found: list[Element]) -> Batch:
    if not any(element.is_too_large for element in found):
        numbers, rows = [one.line_number for one in found], [one.data for one in found]
        at_once = batch_at_once(numbers, rows, b"\n".join(rows))
        if at_once:
            return at_once
    return batch_of(
        [
            reject(number, TOO_LARGE, data) if is_too_large else record_of(number, data)
            for number, data, is_too_large in found
        ]
    )


class _Scanner:
    """Finds where each element ends, keeping at most one element and one chunk in memory."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._data = b""
        self._start = 0  # what is before it is needed no more
        self._at = 0  # what is before it has been scanned
        self._counted = 0  # lines have been counted up to here
        self._line_number = 1

    def elements(self) -> Iterator[Element]:
        self._expect(b"[")
        if self._look() != b"]":
            yield from self._simple_elements()
            yield self._element()
            while self._look() != b"]":
                self._expect(b",")
                yield from self._simple_elements()
                yield self._element()
        self._expect(b"]")
        if self._look():
            self._fail("something follows the end of the list")

    def _simple_elements(self) -> Iterator[Element]:
        """Yield what can be had at once; after it, and the comma behind it, stands another."""
        while match := _OBJECT_AND_COMMA.match(self._data, self._at):
            self._at = match.start(1)
            line_number = self._line()
            self._at = self._start = match.end()
            yield Element(line_number, match[1], False)

    def _element(self) -> Element:
        if self._look() in (b"", b",", b"]", b"}", b":"):
            self._fail("a value is missing" if self._look() else _CUT_OFF)
        line_number = self._line()
        self._start = self._at
        excerpt = b""
        for _ in self._scan():
            # The element goes on behind the chunk.
            if self._at - self._start > RECORD_LIMIT:
                excerpt = self._data[self._start : self._start + 4 * EXCERPT_LIMIT]
            if excerpt:
                self._start = self._at
            if not self._more():
                self._fail(f"the value that begins on line {line_number:,} does not end")
        return Element(line_number, excerpt or self._data[self._start : self._at], bool(excerpt))

    def _scan(self) -> Iterator[None]:
        """Move to the end of the element at hand; yield whenever another chunk is needed."""
        depth, is_in_string = 0, False
        is_bare = self._byte() not in (b"{", b"[", b'"')
        while True:
            if is_bare:
                self._skip(_BARE)
            elif is_in_string:
                self._skip(_REST_OF_STRING)
            elif depth:
                self._skip(_TO_BRACKET)
            byte = self._byte()
            if is_bare and byte:
                return
            if not byte or byte == b"\\":
                yield
                continue
            self._at += 1
            if byte == b'"':
                is_in_string = not is_in_string
            else:
                depth += 1 if byte in b"{[" else -1
            if depth == 0 and not is_in_string:
                return

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self._data, self._at)
        if match:
            self._at = match.end()

    def _byte(self) -> bytes:
        return self._data[self._at : self._at + 1]

    def _look(self) -> bytes:
        """Return the next byte that is not white space; b"" at the end of the file."""
        while True:
            self._skip(_SPACE)
            if self._byte():
                return self._byte()
            self._start = self._at
            if not self._more():
                return b""

    def _more(self) -> bool:
        """Take another chunk and let go of what is needed no more; False at the end of the file."""
        self._line()
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._data = self._data[self._start :] + chunk
        self._at -= self._start
        self._counted = self._at
        self._start = 0
        return True

    def _line(self) -> int:
        """Return the number of the line on which the scanner is."""
        self._line_number += self._data.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line_number

    def _expect(self, byte: bytes) -> None:
        found = self._look()
        if found != byte:
            self._fail(f"“{byte.decode()}” is missing" if found else _CUT_OFF)
        self._at += 1

    def _fail(self, reason: str) -> NoReturn:
        raise UnreadableFile(f"The file is not a JSON list: on line {self._line():,}, {reason}.")


_CUT_OFF = "the file ends before the list does"
