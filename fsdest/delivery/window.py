"""Which of a slice's records are settled, in the form that the lane row keeps. Pure."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence

from fsdest.records import ranges
from fsdest.records.ranges import Ranges


class Window:
    """The records of one lane between its cursor and the point it has read to.

    The cursor never passes an unsettled record; what is settled beyond it is `ahead`. So a crash
    forgets nothing that was written down, and repeats nothing that was. Neighbours that are read
    or settled together are kept together: a batch costs no more than a single record.
    """

    def __init__(self, cursor: int, ahead: Ranges) -> None:
        self._open: deque[range] = deque()  # the lane's offsets from the cursor on, ascending
        self._size = 0  # offsets in `_open`
        self._settled = set(ranges.unpack(ahead))  # one by one, and
        self._spans: dict[int, int] = {}  # several at once: from the first to before the value
        self._from_before = ahead  # reaches beyond what was read until that is read again
        self.read_to = cursor

    def __len__(self) -> int:
        return self._size

    def read(self, offset: int) -> bool:
        """Take in the lane's next record; False if it was settled before a crash or a pause."""
        self.read_all(range(offset, offset + 1))
        return offset not in self._settled

    def read_all(self, offsets: range) -> None:
        """Take in the lane's next records, neighbours."""
        self._open.append(offsets)
        self._size += len(offsets)
        self.read_to = offsets.stop

    def is_settled(self, offset: int) -> bool:
        """Whether `offset`, which was read and lies beyond the cursor, is settled."""
        if offset in self._settled:
            return True
        return any(first <= offset < end for first, end in self._spans.items())

    def has_none_of(self, offsets: Sequence[int]) -> bool:
        """Whether none of `offsets`, just read, was settled before: a quick look at many."""
        return not self._settled or self._settled.isdisjoint(offsets)

    def settle(self, offsets: Sequence[int]) -> None:
        """Mark records as settled, whatever became of them."""
        if isinstance(offsets, range) and len(offsets) > 1 and self.has_none_of(offsets):
            self._spans[offsets.start] = offsets.stop
        else:
            self._settled.update(offsets)

    def cursor(self) -> int:
        """Return the lane's first unsettled offset, or `read_to` where all are settled."""
        while self._open:
            at = self._open[0].start
            if at in self._settled:
                self._settled.discard(at)
                self._pass(at + 1)
            elif at in self._spans:
                self._pass(self._spans.pop(at))
            else:
                return at
        return self.read_to

    def ahead(self) -> Ranges:
        """Return the settled offsets beyond the cursor.

        A range spans neighbours within the lane: offsets of other lanes between them mean nothing.
        """
        found: Ranges = []
        was_settled = False
        for first, last, is_settled in self._pieces():
            if is_settled and was_settled:
                found[-1][1] = last
            elif is_settled:
                found.append([first, last])
            was_settled = is_settled
        not_read = ([max(first, self.read_to), last] for first, last in self._from_before)
        return found + [[first, last] for first, last in not_read if first <= last]

    def _pass(self, end: int) -> None:
        """Let go of what is open before `end`."""
        while self._open and self._open[0].start < end:
            run = self._open.popleft()
            self._size -= min(end, run.stop) - run.start
            if run.stop > end:
                self._open.appendleft(range(end, run.stop))

    def _pieces(self) -> Iterator[tuple[int, int, bool]]:
        """Yield what is open in pieces: first, last, and whether all of it is settled."""
        starts = sorted(self._spans)
        settled_to = 0
        for run in self._open:
            at = run.start
            while at < run.stop:
                settled_to = max(settled_to, self._spans.get(at, 0))
                if at < settled_to:
                    end, is_settled = min(settled_to, run.stop), True
                elif self._settled:
                    end, is_settled = at + 1, at in self._settled
                else:
                    following = bisect_right(starts, at)
                    span = starts[following] if following < len(starts) else run.stop
                    end, is_settled = min(span, run.stop), False
                yield at, end - 1, is_settled
                at = end
