"""A block: up to 1,000 records at rest, as zstd-compressed JSON lines.

A record is a JSON object. One line holds one record, without its newline; the lines of a block
are joined by newlines and compressed together, which makes them about a tenth of their size.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import orjson
import zstandard

RECORDS_PER_BLOCK = 1000
BYTES_PER_BLOCK = 16 * 2**20  # of lines: a block of large records is closed early
UNPACKED_LIMIT = 64 * 2**20  # bytes; what claims to be larger was not packed here

_LEVEL = 3  # level 1 is no faster on records, higher levels gain little


class _Contexts(threading.local):
    """The zstd contexts of one thread: they may not be shared, and cost 15 to 25 us to make."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_own = _Contexts()


def encode(record: dict[str, Any]) -> bytes:
    """Return `record` as one JSON line, without the newline.

    Never fails on a record that `readers` made. Raises TypeError for what is not JSON: an
    integer beyond 64 bits, a lone surrogate, an object of Python's own.
    """
    return orjson.dumps(record)


def decode(line: bytes) -> dict[str, Any]:
    """Return the record of a JSON line; ValueError if `line` is not a JSON object."""
    record = orjson.loads(line)
    if not isinstance(record, dict):
        raise ValueError("A record is a JSON object.")
    return record


def cut(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Group `lines` into runs that each fill one block: by count, or by bytes if that is sooner.

    Order is kept and nothing is dropped: the runs, joined, are the input. Only one run is held
    in memory at a time.
    """
    return cut_all([line] for line in lines)


def cut_all(batches: Iterable[Sequence[bytes]]) -> Iterator[list[bytes]]:
    """Group the lines of `batches` as `cut` does: cheaper, where they come many at a time."""
    run: list[bytes] = []
    size = 0
    for lines in batches:
        taken = 0
        while taken < len(lines):
            some = lines[taken : taken + RECORDS_PER_BLOCK - len(run)]
            sizes = list(accumulate(map(len, some), initial=size))
            fitting = min(len(some), bisect_left(sizes, BYTES_PER_BLOCK, lo=1))
            run += some[:fitting]
            taken += fitting
            size = sizes[fitting]
            if len(run) == RECORDS_PER_BLOCK or size >= BYTES_PER_BLOCK:
                yield run
                run, size = [], 0
    if run:
        yield run


def pack(lines: Sequence[bytes]) -> bytes:
    """Compress `lines`, none of them empty or with a newline inside, into the data of a block.

    Raises ValueError for more than UNPACKED_LIMIT bytes, since `unpack` would refuse them.
    """
    joined = b"\n".join(lines)
    if len(joined) > UNPACKED_LIMIT:
        raise ValueError(f"A block holds at most {UNPACKED_LIMIT:,} bytes, not {len(joined):,}.")
    return _own.compressor.compress(joined)


def unpack(data: bytes) -> list[bytes]:
    """Return the lines of a block, in order.

    Raises ValueError if `data` is broken or says that it unpacks to more than UNPACKED_LIMIT
    bytes; memory is taken only after that check.
    """
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= UNPACKED_LIMIT:
            raise ValueError(f"This block says that it unpacks to {size:,} bytes.")
        joined = _own.decompressor.decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(f"This block cannot be unpacked: {error}") from error
    return joined.split(b"\n") if joined else []
