"""Payloads that travel together: a tuple of them, or what stands for many that are alike."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Self, overload

from fsdest.payloads.build import Payload

Run = Sequence[Payload]  # ascending offsets


class Stored(Sequence[Payload]):
    """Neighbouring records that travel as they are stored; a payload is only made to be looked at.

    What a payload costs a million times is more than to unpack, to join and to send it.
    """

    __slots__ = ("first", "items", "target")

    def __init__(self, first: int, items: list[bytes], target: str) -> None:
        self.first, self.items, self.target = first, items, target

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, place: int) -> Payload: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> Payload | Self:
        if isinstance(place, slice):
            start, stop, _ = place.indices(len(self.items))
            return type(self)(self.first + start, self.items[start:stop], self.target)
        at = range(len(self.items))[place]
        return Payload(self.first + at, "", self.items[at], self.target)


def offsets(run: Run) -> Sequence[int]:
    """Return the offsets of `run`, as a range where no other lies between them."""
    first, last = run[0].offset, run[-1].offset
    if last - first + 1 == len(run):
        return range(first, last + 1)
    return [payload.offset for payload in run]


def items(run: Run) -> list[bytes]:
    """Return the items of `run`, which are not to be changed."""
    return run.items if isinstance(run, Stored) else [payload.item for payload in run]


def fitting(lines: Sequence[bytes], *, between: int, room: int) -> int:
    """Return how many of `lines`, each with `between` bytes more, fit into `room` bytes."""
    if sum(map(len, lines)) + between * len(lines) <= room:
        return len(lines)
    sizes = accumulate(len(line) + between for line in lines)
    return next(count for count, size in enumerate(sizes) if size > room)
