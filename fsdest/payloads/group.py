"""Which payloads travel together."""

from collections.abc import Iterable, Iterator

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
