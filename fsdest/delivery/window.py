"""Which of a slice's records are settled, in the form that the lane row keeps. Pure."""

from collections import deque
from collections.abc import Iterable

from fsdest.records import ranges
from fsdest.records.ranges import Ranges


class Window:
    """The records of one lane between its cursor and the point it has read to.

    The cursor never passes an unsettled record; what is settled beyond it is `ahead`. So a crash
    forgets nothing that was written down, and repeats nothing that was.
    """

    def __init__(self, cursor: int, ahead: Ranges) -> None:
        self._open: deque[int] = deque()  # the lane's offsets from the cursor on, ascending
        self._settled = set(ranges.unpack(ahead))
        self._from_before = ahead  # reaches beyond what was read until that is read again
        self.read_to = cursor

    def __len__(self) -> int:
        return len(self._open)

    def read(self, offset: int) -> bool:
        """Take in the lane's next record; False if it was settled before a crash or a pause."""
        self._open.append(offset)
        self.read_to = offset + 1
        return offset not in self._settled

    def is_settled(self, offset: int) -> bool:
        """Whether `offset`, which was read and lies beyond the cursor, is settled."""
        return offset in self._settled

    def settle(self, offsets: Iterable[int]) -> None:
        """Mark records as settled, whatever became of them."""
        self._settled.update(offsets)

    def cursor(self) -> int:
        """Return the lane's first unsettled offset, or `read_to` where all are settled."""
        while self._open and self._open[0] in self._settled:
            self._settled.discard(self._open.popleft())
        return self._open[0] if self._open else self.read_to

    def ahead(self) -> Ranges:
        """Return the settled offsets beyond the cursor.

        A range spans neighbours within the lane: offsets of other lanes between them mean nothing.
        """
        found: Ranges = []
        was_settled = False
        for offset in self._open:
            is_settled = offset in self._settled
            if is_settled and was_settled:
                found[-1][1] = offset
            elif is_settled:
                found.append([offset, offset])
            was_settled = is_settled
        not_read = ([max(first, self.read_to), last] for first, last in self._from_before)
        return found + [[first, last] for first, last in not_read if first <= last]
