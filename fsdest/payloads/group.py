"""Which payloads travel together."""

from collections.abc import Callable, Iterable, Iterator

from fsdest.payloads import runs
from fsdest.payloads.build import Part, Payload
from fsdest.payloads.configuration import Configuration
from fsdest.payloads.envelope import envelope
from fsdest.payloads.runs import Joined, Run, Stored


def calls(
    configuration: Configuration, payloads: Iterable[Payload]
) -> Iterator[tuple[Payload, ...]]:
    """Group `payloads` into consecutive runs, each for one call.

    Order is kept and nothing is dropped: the runs, joined, are the input. A run holds payloads of
    one target and one group, at most as many as the batch allows, and makes a body of at most
    `max_bytes`; a payload bigger than that travels alone, for FullStory to judge.

    Each run is filled from its first payload on and knows nothing of those before it. So grouping
    again from the start of any run gives the same runs, which keeps idempotency keys the same.
    """
    batch = configuration.batch
    if batch is None or configuration.content_format == "form":
        yield from ((payload,) for payload in payloads)
        return
    around = envelope(configuration)
    between, most_records = len(around.between), batch.records
    most_bytes = batch.max_bytes - around.size + between
    run: list[Payload] = []
    size, together = 0, ("", "")
    for payload in payloads:
        _, _, item, target, group = payload
        weight = len(item) + between
        if run and (
            len(run) >= most_records or size + weight > most_bytes or together != (target, group)
        ):
            yield tuple(run)
            run, size = [], 0
        together = target, group
        run.append(payload)
        size += weight
    if run:
        yield tuple(run)


def stored(
    configuration: Configuration, found: Iterable[tuple[int, list[bytes]]], target: str
) -> Iterator[Stored]:
    """Group records that travel as they are stored, all to `target`, as `calls` would.

    `found` has the first offset of neighbouring records and their lines; all of them follow one
    another without a gap.
    """
    batch = configuration.batch
    if batch is None:
        raise ValueError("Single calls are not grouped.")
    around = envelope(configuration)
    between = len(around.between)
    room = most_bytes = batch.max_bytes - around.size + between
    run: list[bytes] = []
    begun = 0
    for first, lines in found:
        while lines:
            begun = begun if run else first
            some = lines[: batch.records - len(run)]
            fit = runs.fitting(some, between=between, room=room) or (0 if run else 1)
            run += some[:fit]
            room -= sum(map(len, some[:fit])) + between * fit
            first, lines = first + fit, lines[fit:]
            if fit < len(some) or len(run) == batch.records:
                yield Stored(begun, run, target)
                run, room = [], most_bytes
    if run:
        yield Stored(begun, run, target)


def joined(
    configuration: Configuration,
    found: Iterable[tuple[int, list[bytes]]],
    make: Callable[[int, list[bytes]], Part | None],
    target: str,
) -> Iterator[Joined]:
    """Group records that are built many at a time, all to `target`, as `calls` would.

    `found` has the first offset of neighbouring records and their lines; `make` builds some of
    them, and is asked for no more than still fit into a call.
    """
    batch = configuration.batch
    if batch is None:
        raise ValueError("Single calls are not grouped.")
    around = envelope(configuration)
    between = len(around.between)
    filling = _Filling(batch.records, batch.max_bytes - around.size + between, between, target)
    for first, lines in found:
        while lines:
            some, lines = lines[: filling.places], lines[filling.places :]
            if part := make(first, some):
                yield from filling.add(part)
            first += len(some)
    if filling.parts:
        yield filling.take()


class _Filling:
    """A call that is being filled with parts."""

    def __init__(self, most_records: int, most_bytes: int, between: int, target: str) -> None:
        self._most_records, self._most_bytes = most_records, most_bytes
        self._between, self._target = between, target
        self._begin()

    def _begin(self) -> None:
        self.parts: list[Part] = []
        self.places = self._most_records  # records that still fit
        self._room = self._most_bytes

    def take(self) -> Joined:
        """Return the call and begin another."""
        full = Joined(self.parts, self._target)
        self._begin()
        return full

    def add(self, part: Part) -> Iterator[Joined]:
        """Take in `part`, of at most as many records as fit; yield the calls that are full."""
        fits = len(part.items) + self._between <= self._room
        some = [part] if fits else list(runs.one_by_one(part))
        for each in some:
            weight = len(each.items) + self._between
            if self.parts and weight > self._room:
                yield self.take()
            self.parts.append(each)
            self.places -= len(each.offsets)
            self._room -= weight
            if not self.places:
                yield self.take()


def halves(run: Run) -> tuple[Run, Run]:
    """Return the two parts that a run of two or more is split into."""
    middle = len(run) // 2
    return run[:middle], run[middle:]


def unsettled(run: Run, is_settled: Callable[[int], bool]) -> Iterator[Run]:
    """Yield the largest halves, of halves, of `run` that hold no settled record.

    A run that was split before a stop is gone on with in the very parts it was split into: what
    may have been taken of them goes again under the keys that it had.
    """
    settled = sum(map(is_settled, runs.offsets(run)))
    if not settled:
        yield run
    elif settled < len(run):
        for half in halves(run):
            yield from unsettled(half, is_settled)
