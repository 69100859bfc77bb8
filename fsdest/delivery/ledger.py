"""The books: claim a lane, cut a slice, write down what became of its records, give it back.

Every write is fenced by (owner, epoch): a worker that lost its lease changes nothing. A checkpoint
is one transaction: what became of the records, and the cursor that says they are done.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from fsdest.delivery import echo, lanes, pages, presence
from fsdest.delivery.calls import Exchange
from fsdest.models import (
    Destination,
    ImportJob,
    Lane,
    Parked,
    QuarantinedRecord,
)
from fsdest.records.ranges import Ranges


class LostLeaseError(RuntimeError):
    """Another worker may own the lane by now: nothing was written."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a lane is to be worked next, and what it waits for until then."""

    at: datetime | None  # None: when there is something new
    waits_for: str = ""
    failures: int = 0  # shifts in a row in which most calls failed


@dataclass(slots=True, kw_only=True)
class Entries:
    """What a checkpoint writes down."""

    exchanges: list[Exchange] = field(default_factory=list)
    taken: int = 0  # records of the lane that were settled, whatever the outcome
    delivered: int = 0  # of those, and of parked ones
    jobs: list[ImportJob] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)  # new or with a new due_at
    unparked: list[int] = field(default_factory=list)  # offsets that wait no longer
    quarantined: list[QuarantinedRecord] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.exchanges or self.taken)


def lease() -> timedelta:
    """Return how long a worker owns a lane without a word: a dead one's lease ends by itself.

    It follows from the longest call, which it must outlast: see Gear.allow_calls.
    """
    return timedelta(seconds=3 * settings.CALL_DEADLINE_S)


def claim(lane_id: int, *, now: datetime) -> Lane | None:
    """Become the one worker of a lane that is due, or return None."""
    owner = presence.name()
    # No join here: the conditions must hold on the row itself at the moment of the update.
    free = Lane.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        pk=lane_id,
        due_at__lte=now,
        destination__in=Destination.objects.filter(status=Destination.Status.ACTIVE),
    )
    changed = free.update(
        owner=owner, epoch=F("epoch") + 1, lease_until=now + lease(), claims=F("claims") + 1
    )
    if not changed:
        return None
    return Lane.objects.select_related(
        "destination__nexset__source",
        "destination__credential",
        "destination__version",
        "slice_version",
    ).get(pk=lane_id)


def cut(lane: Lane, *, size: int) -> bool:
    """Give `lane` a slice of up to `size` offsets; False where none is left, or none may be cut.

    A slice that was begun is gone on with, under the version it was cut with: its calls may have
    been made, and the same bytes must go under the same keys. No further one is cut once a version
    was saved that its worker does not know: it would reach beyond the border of a new stretch.
    """
    if lane.cursor < lane.slice_end:
        return True
    record_count = lane.destination.nexset.record_count
    if lane.cursor >= record_count:
        return False
    stretch = lanes.stretch_at(lane.destination, lane.cursor)
    if _others_are_behind(lane, stretch.first):
        return False
    end = min(record_count, lane.cursor + size, stretch.end or record_count)
    with transaction.atomic():
        locked = Destination.objects.select_for_update(no_key=True)  # as control.save_version does
        now = locked.filter(pk=lane.destination_id).values_list("version", flat=True)
        if now.first() != lane.destination.version_id:
            return False
        _write(lane, slice_end=end, slice_version=lane.destination.version, slice_generations={})
    return True


def begin(lane: Lane, begun: Ranges) -> None:
    """Write down which calls are about to start, where a call cannot be repeated under its key."""
    _write(lane, begun=begun)


def put_on_trial(lane: Lane, evidence: dict[str, object] | None) -> None:
    """Write down what the lane's worker is at: see delivery.evidence."""
    _write(lane, on_trial=evidence)


def checkpoint(
    lane: Lane, entries: Entries, cursor: int, ahead: Ranges, begun: Ranges, *, now: datetime
) -> None:
    """Write `entries` down and renew the lease. Raises LostLeaseError, having written nothing."""
    with transaction.atomic():
        _write(
            lane,
            cursor=cursor,
            ahead=ahead,
            begun=begun,
            lease_until=now + lease(),
            taken=F("taken") + entries.taken,
            delivered=F("delivered") + entries.delivered,
            claims=0 if entries else lane.claims,
        )
        _insert(lane, entries, now)


def give_back(
    lane: Lane, due: Due, slice_end: int, begun: Ranges, on_trial: dict[str, object] | None
) -> None:
    """End the lease. Nothing is in flight: what lies beyond `slice_end` was not sent, and so it
    leaves the slice and may be sent under a newer version."""
    _write(
        lane,
        owner="",
        lease_until=None,
        due_at=due.at,
        waits_for=due.waits_for[:300],
        failures=due.failures,
        begun=begun,
        claims=0,
        on_trial=on_trial,
        slice_end=max(slice_end, lane.cursor),
        slice_generations=lane.slice_generations,
    )


def _write(lane: Lane, **changes: object) -> None:
    mine = Lane.objects.filter(pk=lane.pk, owner=lane.owner, epoch=lane.epoch)
    if mine.update(**changes) != 1:
        raise LostLeaseError(f"lane {lane.pk}, epoch {lane.epoch}")
    for name, value in changes.items():
        if not hasattr(value, "resolve_expression"):
            setattr(lane, name, value)


def _others_are_behind(lane: Lane, border: int) -> bool:
    """Whether a lane has not reached the border that `lane` is about to cross."""
    if lane.cursor > border or border == 0:
        return False
    return lane.destination.lanes.exclude(pk=lane.pk).filter(cursor__lt=border).exists()


def _insert(lane: Lane, entries: Entries, now: datetime) -> None:
    if entries.exchanges:
        pages.page(lane, entries.exchanges).save()
        echo.take_in(lane.destination, entries.exchanges, now=now)
    ImportJob.objects.bulk_create(entries.jobs, ignore_conflicts=True)
    if entries.unparked:
        for some in _portions(entries.unparked):
            Parked.objects.filter(destination=lane.destination_id, offset__in=some).delete()
    Parked.objects.bulk_create(
        entries.parked,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["destination", "offset"],
        update_fields=["due_at", "attempts", "generation", "reason"],
    )
    put_in_quarantine(entries.quarantined)


def put_in_quarantine(records: Iterable[QuarantinedRecord]) -> None:
    """Set records aside; one that was set aside before is so again, with the newest reason."""
    QuarantinedRecord.objects.bulk_create(
        list(records),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["destination", "offset"],
        update_fields=[
            "version",
            "status",
            "code",
            "reason",
            "message",
            "reply_status",
            "attempts",
            "generation",
            "quarantined_at",
        ],
    )


def _portions(offsets: list[int], size: int = 500) -> Iterable[list[int]]:
    return (offsets[start : start + size] for start in range(0, len(offsets), size))
