"""From chunks of bytes to pieces that end where lines end."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fsdest.records.rows import RECORD_LIMIT

_LINE_END = re.compile(rb"[\r\n]")


class Piece(NamedTuple):
    """Whole lines, with the offset in the unpacked file (without BOM) at which they end."""

    data: bytes
    end: int


def pieces(chunks: Iterable[bytes], *, at_cr: bool = False) -> Iterator[Piece]:
    """Join and cut `chunks` so that each piece is made of whole lines.

    A line ends at a newline and, `at_cr`, also at a carriage return alone. Of a line that
    is longer than RECORD_LIMIT, enough is kept to see that it is, and the rest is dropped, so a
    piece is never much larger than that limit and a chunk together.
    """
    kept, is_dropping, end = b"", False, 0
    for chunk in chunks:
        end += len(chunk)
        if is_dropping:
            line_end = _LINE_END.search(chunk)
            if line_end is None:
                continue
            chunk = chunk[line_end.start() :]
            is_dropping = False
        cut = chunk.rfind(b"\n") + 1
        if at_cr:
            # Not the last byte: a newline may follow it in the next chunk.
            cut = max(cut, chunk.rfind(b"\r", 0, -1) + 1)
        if cut:
            yield Piece(kept + chunk[:cut], end - len(chunk) + cut)
            kept = chunk[cut:]
        else:
            kept += chunk
        if len(kept) > RECORD_LIMIT:
            kept = _whole_characters(kept[: RECORD_LIMIT + 4])
            is_dropping = True
    if kept:
        yield Piece(kept, end)


def _whole_characters(data: bytes) -> bytes:
    """Drop the part of a UTF-8 character that a cut has left at the end of `data`."""
    for back in range(1, 4):
        if data[-back] >= 0xC0:
            return data[:-back]
        if data[-back] < 0x80:
            break
    return data
