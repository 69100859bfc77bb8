"""Calls that were begun: kept from before they start until their outcome is known.

Only calls without an idempotency key need it. FullStory answers a repeated key from its memory, so
what a dead worker may have sent is sent again; without a key that could do it twice.
"""

from collections.abc import Iterable, Sequence

from fsdest.delivery.calls import Call, Fate, Outcome
from fsdest.models import Lane
from fsdest.records.offsets import Offsets
from fsdest.records.ranges import Ranges


class Begun:
    """The offsets of a lane's calls that may have been carried out, as far as anybody knows."""

    def __init__(self, lane: Lane) -> None:
        self._from_before = Offsets(lane.begun)
        self._offsets = Offsets(lane.begun)

    @property
    def is_from_before(self) -> bool:
        """Whether an earlier worker told of no end to any of its calls."""
        return bool(self._from_before)

    def was_tried(self, offsets: Sequence[int]) -> bool:
        """Whether an earlier worker began a call with one of `offsets` and told of no end."""
        return self._from_before.has_any(offsets)

    def begin(self, calls: Iterable[Call]) -> Ranges:
        """Take in `calls`, which are about to start; return what is to be written before."""
        for call in calls:
            self._offsets.add(call.offsets)
        return self.as_ranges()

    def end(self, outcome: Outcome) -> None:
        """Forget a call, unless it was left and it is not known whether it was carried out."""
        if outcome.fate is Fate.LEFT and outcome.call.was_tried:
            self._from_before.add(outcome.call.offsets)
            return
        self._offsets.discard(outcome.call.offsets)
        self._from_before.discard(outcome.call.offsets)

    def drop_unsent(self) -> Ranges:
        """Forget calls that never started; none is under way. Return what is left."""
        self._offsets = Offsets(self._from_before.as_ranges())
        return self.as_ranges()

    def as_ranges(self) -> Ranges:
        """Return the offsets in the form that the lane row keeps."""
        return self._offsets.as_ranges()
