"""Which lane a record belongs to.

Records of one order key always share a lane, so that their order holds. A destination's offsets are
divided into stretches; each has its own number of lanes and names the version whose order key
divides it. A saved edit that changes either opens a new stretch, and no lane enters it before all
lanes have finished the one before: order holds across the border too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fsdest.delivery import shares
from fsdest.models import Destination, Lane
from fsdest.payloads import line_keys

Line = tuple[int, bytes]  # offset, the record as stored


@dataclass(frozen=True, slots=True)
class Stretch:
    """Offsets from `first` to before `end`, divided over `lanes` by the order key of `version`."""

    first: int
    end: int | None  # None: open
    lanes: int
    version: int


def stretches(destination: Destination) -> list[Stretch]:
    """Return the stretches of `destination`, in order."""
    raw = destination.stretches
    ends = [following["from"] for following in raw[1:]] + [None]
    return [
        Stretch(each["from"], end, each["lanes"], each["version"])
        for each, end in zip(raw, ends, strict=True)
    ]


def stretch_at(destination: Destination, offset: int) -> Stretch:
    """Return the stretch that `offset` lies in."""
    return next(s for s in stretches(destination) if s.end is None or offset < s.end)


def number_of(destination: Destination, offset: int, line: bytes) -> int:
    """Return the number of the lane that `line` belongs to, as if it had come in at `offset`."""
    stretch = stretch_at(destination, offset)
    version = destination.versions.get(number=stretch.version)
    return shares.lane_of(line_keys.compiled(version.read())(line), offset, stretch.lanes)


def own_lines(lane: Lane, first: int, end: int) -> Iterator[Line]:
    """Yield the lines of `lane` with offsets in [`first`, `end`), which lie in one stretch."""
    for begun, lines in own_runs(lane, first, end):
        yield from enumerate(lines, begun)


def own_runs(lane: Lane, first: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the same, neighbours together: the first offset of some, and their lines."""
    stretch = stretch_at(lane.destination, first)
    if lane.number >= stretch.lanes:
        return
    if stretch.lanes == 1:
        yield from lane.destination.nexset.runs(first, end)
        return
    version = lane.destination.versions.get(number=stretch.version)
    order_key = line_keys.compiled(version.read())
    lanes, mine = stretch.lanes, lane.number
    for begun, lines in lane.destination.nexset.runs(first, end):
        numbers = shares.numbers(version, lanes, begun, lines, order_key)
        for at, number in enumerate(numbers):
            if number == mine:
                yield begun + at, [lines[at]]
