"""JSON files: one object in each line, or one object, or a list of objects.

Every row is read by itself, so that a broken one is rejected and the others are not; so is one
with a name that stands twice in an object. Integers beyond 2^53 in magnitude become text, because
JavaScript and others would change their last digits.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from fsdest.records import json_names
from fsdest.records.files import File
from fsdest.records.lines import pieces
from fsdest.records.rows import (
    DEPTH_LIMIT,
    RECORD_LIMIT,
    SAFE_INTEGER,
    TOO_LARGE,
    Batch,
    RejectedRow,
    Row,
    reject,
)

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_SIXTEEN_DIGITS = b"0" * 16
_LARGE_NUMBER = re.compile(rb"[-:,\[\s][0-9]{16}")


def record_of(line_number: int, row: bytes) -> Row | RejectedRow:
    """Read one row: UTF-8 JSON that must be an object."""
    if len(row) > RECORD_LIMIT:
        return reject(line_number, TOO_LARGE, row)
    try:
        record = orjson.loads(row)
    except orjson.JSONDecodeError as error:
        return reject(line_number, _reason(error, row), row)
    if type(record) is not dict:
        return reject(line_number, "the row is not a JSON object", row)
    fault = fault_of(row, record)
    if fault:
        return reject(line_number, f"the row {fault}", row)
    if _has_large_number(row):
        record = json.loads(row, parse_int=_safe_integer)
    return Row(line_number, record)


def fault_of(text: bytes, value: Any) -> str:
    """Why `value`, which was read from `text`, may not be in a record; or nothing.

    It completes "The row ...".
    """
    if _openers(text) > DEPTH_LIMIT and _depth(value) > DEPTH_LIMIT:
        return f"is nested more than {DEPTH_LIMIT} levels deep"
    if b"\\u0000" in text and _holds_nul(value):
        return "holds a NUL character"
    if json_names.are_single(text, value):
        return ""
    double = json_names.first_double(text)
    return "" if double is None else f"has the name “{double[:60]}” twice in one object"


def batch_at_once(line_numbers: Sequence[int], rows: list[bytes], text: bytes) -> Batch | None:
    """Read many rows, which are all that is in `text`, as `record_of` reads each of them.

    None if a row may have to be rejected or changed, and so needs a look of its own.
    """
    if not rows or len(text) > RECORD_LIMIT or b"\\u0000" in text or _has_large_number(text):
        return None
    if _openers(text) >= len(rows) + DEPTH_LIMIT and max(map(_openers, rows)) > DEPTH_LIMIT:
        return None
    try:
        records = list(map(orjson.loads, rows))
    except orjson.JSONDecodeError:
        return None
    if set(map(type, records)) != {dict} or not json_names.are_single(text, records):
        return None
    return Batch(records, line_numbers, [])


def _has_large_number(text: bytes) -> bool:
    has_digits = _SIXTEEN_DIGITS in text.translate(_DIGITS_TO_ZERO)
    return has_digits and _LARGE_NUMBER.search(text) is not None


def _openers(text: bytes) -> int:
    return text.count(b"{") + text.count(b"[")


def _reason(error: orjson.JSONDecodeError, row: bytes) -> str:
    try:
        row.decode()
    except UnicodeDecodeError as wrong:
        return f"the row is not UTF-8 at its byte {wrong.start + 1:,}"
    if b"\0" in row:
        return "the row holds a NUL byte"
    if b"NaN" in row or b"Infinity" in row:
        return "the row is not JSON, which has no NaN and no Infinity"
    return f"the row is not JSON: {error.msg.partition(': line ')[0]}, character {error.pos + 1:,}"


def _safe_integer(digits: str) -> int | str:
    number = int(digits) if len(digits) <= 17 else None
    return digits if number is None or abs(number) > SAFE_INTEGER else number


def _depth(value: Any) -> int:
    """How many objects and lists are inside each other."""
    level, depth = [value], 0
    while level:
        level = [one for one in level if isinstance(one, dict | list)]
        depth += bool(level)
        level = [inner for one in level for inner in _inside(one)]
    return depth


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def batch_of(found: list[Row | RejectedRow]) -> Batch:
    """Return `found` with its rejections apart."""
    rows = [row for row in found if isinstance(row, Row)]
    return Batch(
        [row.record for row in rows],
        [row.line_number for row in rows],
        [row for row in found if isinstance(row, RejectedRow)],
    )


class JsonLines:
    """A file with one JSON object in each line; blank lines are passed over."""

    def __init__(self, file: File) -> None:
        self._file = file

    def batches(self) -> Iterator[Batch]:
        """Yield all rows."""
        line_number = 1
        for piece in pieces(self._file.chunks()):
            lines = piece.data.split(b"\n")
            if not lines[-1]:
                del lines[-1]  # what follows the last line end
            numbers = range(line_number, line_number + len(lines))
            line_number += piece.data.count(b"\n")
            yield batch_at_once(numbers, lines, piece.data) or batch_of(
                [
                    record_of(number, line)
                    for number, line in zip(numbers, lines, strict=True)
                    if line and not line.isspace()
                ]
            )


class OneObject:
    """A file that is one JSON object, which is its only row."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def batches(self) -> Iterator[Batch]:
        """Yield the one row."""
        yield batch_of([record_of(1, self._content)])
