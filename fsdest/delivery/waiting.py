"""Records that were parked: which are due, and when the next one is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import groupby

from django.db.models import Exists, OuterRef, Q, QuerySet

from fsdest.delivery import edits
from fsdest.delivery.calls import Call
from fsdest.models import Lane, Parked, Version
from fsdest.payloads import group
from fsdest.payloads.build import Payload, Rejected, Renderer

Build = Callable[[int, bytes], Payload | Rejected]
AT_ONCE = 5_000  # parked records looked at in one shift


def heads(rows: QuerySet[Parked]) -> QuerySet[Parked]:
    """Keep the parked records with no earlier parked one of their lane and key."""
    earlier = Parked.objects.filter(
        lane=OuterRef("lane"), order_key=OuterRef("order_key"), offset__lt=OuterRef("offset")
    ).exclude(order_key="")
    return rows.filter(~Exists(earlier))


def overlooked(now: datetime) -> QuerySet[Lane]:
    """Return the idle lanes with a record that is due before they are.

    A worker that gives its lane back says when the first of those is due that it knew of; one that
    was parked at that very moment, from quarantine, it did not know.
    """
    due = heads(Parked.objects.filter(lane=OuterRef("pk"), due_at__lte=now))
    idle = Q(due_at=None) | Q(due_at__gt=now, waits_for="")
    return Lane.objects.filter(idle, Exists(due), lease_until=None)


def first_due(lane: Lane) -> datetime | None:
    """Return when the first parked record of `lane` may be tried again."""
    by_time = heads(lane.parked.all()).order_by("due_at", "id")
    due_at: datetime | None = by_time.values_list("due_at", flat=True).first()
    return due_at


def keys(lane: Lane) -> set[str]:
    """Return the order keys that have a parked record: later ones queue behind it."""
    return set(lane.parked.exclude(order_key="").values_list("order_key", flat=True).distinct())


def due_calls(
    lane: Lane,
    *,
    now: datetime,
    reject: Callable[[Version, int, Rejected], None],
    watched: Callable[[Build], Build],
) -> Iterator[Call]:
    """Yield the calls that try the due parked records of `lane` again.

    Records that were released together travel together, grouped as their version says. One that
    its version cannot build goes to `reject`, with its version and generation. `watched` is what
    delivery.trial makes of the builder.
    """
    due = heads(lane.parked.all()).filter(due_at__lte=now).select_related("version")
    rows = list(due.order_by("version", "generation", "attempts", "offset")[:AT_ONCE])
    for (version, generation, attempts), some in groupby(
        rows, key=lambda row: (row.version, row.generation, row.attempts)
    ):
        configuration = version.read()
        build = watched(Renderer(configuration).build)
        payloads = _payloads(lane, build, list(some), partial(reject, version, generation))
        for together in group.calls(configuration, payloads):
            yield Call(
                payloads=together,
                version=version.number,
                generation=generation,
                attempts=attempts,
                is_parked=True,
            )


def _payloads(
    lane: Lane, build: Build, rows: list[Parked], reject: Callable[[Rejected], None]
) -> Iterator[Payload]:
    for offset, line in edits.lines(lane.destination, [row.offset for row in rows]):
        built = build(offset, line)
        if isinstance(built, Payload):
            yield built
        else:
            reject(built)
