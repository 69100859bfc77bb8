"""Payloads that travel together: a tuple of them, or what stands for many that are alike.

What a payload costs a million times is more than to unpack, to join and to send it.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Self, overload

import orjson

from fsdest.payloads.build import Part, Payload

Run = Sequence[Payload]  # ascending offsets


class Stored(Sequence[Payload]):
    """Neighbouring records as they are stored. A payload is only made to be looked at."""

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


class Joined(Sequence[Payload]):
    """Records that were built many at a time. Payloads are only made to be looked at."""

    def __init__(self, parts: Sequence[Part], target: str) -> None:
        self.parts, self.target = parts, target
        self._size = sum(len(part.offsets) for part in parts)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> Payload: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Payload]: ...
    def __getitem__(self, place: int | slice) -> Payload | Sequence[Payload]:
        return self._payloads[place]

    def __iter__(self) -> Iterator[Payload]:
        return iter(self._payloads)

    @cached_property
    def _payloads(self) -> tuple[Payload, ...]:
        return tuple(
            Payload(offset, order_key, item, self.target)
            for part in self.parts
            for (offset,), (order_key,), item in one_by_one(part)
        )

    @property
    def offsets(self) -> Sequence[int]:
        first, last = self.parts[0].offsets[0], self.parts[-1].offsets[-1]
        if last - first + 1 == self._size:
            return range(first, last + 1)
        return list(chain.from_iterable(part.offsets for part in self.parts))


def part(payloads: Sequence[Payload]) -> Part | None:
    """Return `payloads`, whose items are JSON, as a part; None if there are none."""
    if not payloads:
        return None
    offsets, order_keys, items, _, _ = zip(*payloads, strict=True)
    return Part(offsets, order_keys, b",".join(items))


def one_by_one(part: Part) -> Iterator[Part]:
    """Yield each record of `part` as a part of its own.

    To read and write an item again gives the same bytes: the same library wrote it.
    """
    items = map(orjson.dumps, orjson.loads(b"[" + part.items + b"]"))
    for offset, order_key, item in zip(part.offsets, part.order_keys, items, strict=True):
        yield Part((offset,), (order_key,), item)


def offsets(run: Run) -> Sequence[int]:
    """Return the offsets of `run`, as a range where no other lies between them."""
    if isinstance(run, Joined):
        return run.offsets
    first, last = run[0].offset, run[-1].offset
    if last - first + 1 == len(run):
        return range(first, last + 1)
    return [payload.offset for payload in run]


def target(run: Run) -> str:
    """Return the target of `run`, which is that of each of its payloads."""
    return run.target if isinstance(run, Joined) else run[0].target


def items(run: Run) -> list[bytes]:
    """Return the items of `run`, which are not to be changed; some may be joined already."""
    match run:
        case Stored():
            return run.items
        case Joined():
            return [part.items for part in run.parts]
        case _:
            return [payload.item for payload in run]


def fitting(lines: Sequence[bytes], *, between: int, room: int) -> int:
    """Return how many of `lines`, each with `between` bytes more, fit into `room` bytes."""
    if sum(map(len, lines)) + between * len(lines) <= room:
        return len(lines)
    sizes = accumulate(len(line) + between for line in lines)
    return next(count for count, size in enumerate(sizes) if size > room)
