"""A set of offsets that come and go in batches: neighbours cost no more than a single one."""

from collections.abc import Iterable, Sequence
from itertools import chain

from fsdest.records import ranges
from fsdest.records.ranges import Ranges


class Offsets:
    """Offsets, of which those that were added as a range are kept as one while they can be."""

    def __init__(self, known: Ranges) -> None:
        self._single: set[int] = set(ranges.unpack(known))
        self._spans: dict[int, int] = {}  # from the first to before the value; none overlap

    def __bool__(self) -> bool:
        return bool(self._single or self._spans)

    def add(self, offsets: Sequence[int]) -> None:
        """Take in `offsets`, ascending."""
        if isinstance(offsets, range) and len(offsets) > 1 and not self.has_any(offsets):
            self._spans[offsets.start] = offsets.stop
        else:
            self._take_apart(offsets)
            self._single.update(offsets)

    def discard(self, offsets: Sequence[int]) -> None:
        """Let go of those of `offsets`, ascending, that are there."""
        if isinstance(offsets, range) and self._spans.get(offsets.start) == offsets.stop:
            del self._spans[offsets.start]
        else:
            self._take_apart(offsets)
        if self._single:
            self._single.difference_update(offsets)

    def has_any(self, offsets: Sequence[int]) -> bool:
        """Whether any of `offsets`, ascending, is there."""
        if self._single and not self._single.isdisjoint(offsets):
            return True
        return next(iter(self._touched(offsets)), None) is not None

    def as_ranges(self) -> Ranges:
        """Return all of them in the form that the books keep."""
        spans = (range(first, end) for first, end in self._spans.items())
        if not self._single:
            return [[span.start, span.stop - 1] for span in sorted(spans, key=_start)]
        return ranges.pack(sorted(chain(self._single, *spans)))

    def _touched(self, offsets: Sequence[int]) -> Iterable[int]:
        """Yield where the spans begin that hold one of `offsets`."""
        if not offsets:
            return
        first, last = offsets[0], offsets[-1]
        for start, end in self._spans.items():
            if start > last or end <= first:
                continue
            if isinstance(offsets, range) or any(start <= each < end for each in offsets):
                yield start

    def _take_apart(self, offsets: Sequence[int]) -> None:
        for start in list(self._touched(offsets)):
            self._single.update(range(start, self._spans.pop(start)))


def _start(span: range) -> int:
    return span.start
