"""Records that were parked: which are due, and when the next one is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import groupby

from django.db.models import Exists, Min, OuterRef, QuerySet

from fsdest.delivery.calls import Call
from fsdest.models import Lane, Parked, Version
from fsdest.payloads import group
from fsdest.payloads.build import Payload, Rejected, Renderer

AT_ONCE = 5_000  # parked records looked at in one shift


def heads(lane: Lane) -> QuerySet[Parked]:
    """Return the parked records with no earlier parked one of their key."""
    earlier = Parked.objects.filter(
        lane=lane, order_key=OuterRef("order_key"), offset__lt=OuterRef("offset")
    ).exclude(order_key="")
    return Parked.objects.filter(~Exists(earlier), lane=lane)


def next_due(lane: Lane) -> datetime | None:
    """Return when the first parked record of `lane` may be tried again."""
    due_at: datetime | None = heads(lane).aggregate(due_at=Min("due_at"))["due_at"]
    return due_at


def keys(lane: Lane) -> set[str]:
    """Return the order keys that have a parked record: later ones queue behind it."""
    return set(lane.parked.exclude(order_key="").values_list("order_key", flat=True).distinct())


def due_calls(
    lane: Lane, *, now: datetime, reject: Callable[[Version, Rejected], None]
) -> Iterator[Call]:
    """Yield the calls that try the due parked records of `lane` again.

    Records that were released together travel together, grouped as their version says. One that
    its version cannot build goes to `reject`.
    """
    due = heads(lane).filter(due_at__lte=now).select_related("version")
    rows = list(due.order_by("version", "generation", "attempts", "offset")[:AT_ONCE])
    for (version, generation, attempts), some in groupby(
        rows, key=lambda row: (row.version, row.generation, row.attempts)
    ):
        configuration = version.read()
        renderer = Renderer(configuration)
        payloads = _payloads(lane, renderer, list(some), partial(reject, version))
        for together in group.calls(configuration, payloads):
            yield Call(
                payloads=together,
                version=version.number,
                generation=generation,
                attempts=attempts,
                is_parked=True,
            )


def _payloads(
    lane: Lane, renderer: Renderer, rows: list[Parked], reject: Callable[[Rejected], None]
) -> Iterator[Payload]:
    for row in rows:
        line = lane.destination.nexset.line(row.offset)
        built = renderer.build(row.offset, line or b"{}")
        if isinstance(built, Payload):
            yield built
        else:
            reject(built)
