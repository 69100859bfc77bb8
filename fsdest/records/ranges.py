"""Sets of offsets as ranges [[first, last], ...], the form in which the books keep them."""

from collections.abc import Iterable, Iterator, Sequence

Ranges = list[list[int]]


def pack(offsets: Iterable[int]) -> Ranges:
    """Return ascending `offsets` as the fewest ranges of consecutive numbers."""
    if isinstance(offsets, range) and offsets.step == 1:
        return [[offsets.start, offsets.stop - 1]] if offsets else []
    ranges: Ranges = []
    for offset in offsets:
        if ranges and offset == ranges[-1][1] + 1:
            ranges[-1][1] = offset
        else:
            ranges.append([offset, offset])
    return ranges


def unpack(ranges: Sequence[Sequence[int]]) -> Iterator[int]:
    """Yield every offset of `ranges`, in their order."""
    for first, last in ranges:
        yield from range(first, last + 1)


def count(ranges: Sequence[Sequence[int]]) -> int:
    """Return how many offsets `ranges` hold."""
    return sum(last - first + 1 for first, last in ranges)
