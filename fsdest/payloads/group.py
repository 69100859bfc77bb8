"""Which payloads travel together."""

from collections.abc import Callable, Iterable, Iterator

from fsdest.payloads.build import Payload
from fsdest.payloads.configuration import Configuration
from fsdest.payloads.envelope import envelope


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
    most_bytes = batch.max_bytes - around.size + len(around.between)
    run: list[Payload] = []
    size = 0
    for payload in payloads:
        weight = len(payload.item) + len(around.between)
        if run and (
            len(run) >= batch.records
            or size + weight > most_bytes
            or payload.group != run[0].group
            or payload.target != run[0].target
        ):
            yield tuple(run)
            run, size = [], 0
        run.append(payload)
        size += weight
    if run:
        yield tuple(run)


def halves(run: tuple[Payload, ...]) -> tuple[tuple[Payload, ...], tuple[Payload, ...]]:
    """Return the two parts that a run of two or more is split into."""
    middle = len(run) // 2
    return run[:middle], run[middle:]


def unsettled(
    run: tuple[Payload, ...], is_settled: Callable[[int], bool]
) -> Iterator[tuple[Payload, ...]]:
    """Yield the largest halves, of halves, of `run` that hold no settled record.

    A run that was split before a stop is gone on with in the very parts it was split into: what
    may have been taken of them goes again under the keys that it had.
    """
    settled = sum(is_settled(payload.offset) for payload in run)
    if not settled:
        yield run
    elif settled < len(run):
        for half in halves(run):
            yield from unsettled(half, is_settled)
