"""Which lane each record of some neighbours belongs to, found once for all lanes of a process.

A process works one lane after another, and each reads all records to find its own. What is kept is
a byte for a record, or a few hundred where a block is small: a million records are a megabyte.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from uuid import UUID
from zlib import crc32

from fsdest.models import Version

MOST_KEPT = 8_192  # runs of up to a block's records
MOST_LANES = 256  # a byte can tell apart

_lock = Lock()
_kept: OrderedDict[tuple[UUID, int, int, int, int], bytes] = OrderedDict()


def lane_of(key: str, offset: int, lanes: int) -> int:
    """Return the number of the lane, of so many, that the record at `offset` belongs to."""
    return crc32((key or str(offset)).encode()) % lanes  # no key: no order to keep


def numbers(
    version: Version,
    lanes: int,
    first: int,
    lines: Sequence[bytes],
    order_key: Callable[[bytes], str],
) -> Sequence[int]:
    """Return the lane of each of `lines`, which begin at offset `first` of the nexset.

    A version belongs to one destination, and so to one nexset, whose records never change.
    """
    place = (version.destination_id, version.number, lanes, first, len(lines))
    with _lock:
        known = _kept.get(place)
    if known is not None:
        return known
    found = [lane_of(order_key(line), offset, lanes) for offset, line in enumerate(lines, first)]
    if lanes > MOST_LANES:
        return found
    with _lock:
        _kept[place] = packed = bytes(found)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return packed
