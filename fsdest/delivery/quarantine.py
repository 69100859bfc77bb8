"""What a person does with records that were set aside: send them again, or skip them for good.

A released record is parked, due now, under the current version, with a generation of its own: a
refusal that FullStory remembers under the old idempotency key must not answer for it.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Min, QuerySet

from fsdest import hints
from fsdest.models import Destination, Lane, Parked, QuarantinedRecord

AT_ONCE = 1_000  # records a transaction

Status = QuarantinedRecord.Status


def groups(destination: Destination) -> list[dict[str, object]]:
    """Return the codes of the open records with their counts, the most frequent first.

    Each with an example of its reasons and how many there are: one may tell of its record alone.
    """
    rows = open_records(destination).values("code")
    found = rows.annotate(
        records=Count("id"), reasons=Count("reason", distinct=True), example=Min("reason")
    )
    return [dict(row) for row in found.order_by("-records", "code")]


def open_records(destination: Destination, *, code: str = "") -> QuerySet[QuarantinedRecord]:
    """Return the records that are set aside now, all or those of one code."""
    rows = destination.quarantined.filter(status=Status.OPEN)
    return rows.filter(code=code) if code else rows


def release(
    destination: Destination, *, ids: Sequence[int] = (), code: str = "", now: datetime
) -> int:
    """Send again the open records named by `ids`, those of `code`, or all; return how many."""
    released = 0
    for chunk in _chunks(destination, ids, code):
        with transaction.atomic():
            released += _release(destination, chunk, now)
    with transaction.atomic():
        destination.lanes.filter(due_at=None).update(due_at=now)
        for lane_id in destination.lanes.values_list("pk", flat=True):
            hints.nudge_lane(lane_id)
    return released


def discard(destination: Destination, *, ids: Sequence[int] = (), code: str = "") -> int:
    """Skip the open records named by `ids`, those of `code`, or all; return how many."""
    discarded = 0
    for chunk in _chunks(destination, ids, code):
        with transaction.atomic():
            for lane_id, lane_ids in _by_lane(chunk).items():
                gone = _close(lane_ids, Status.DISCARDED)
                Lane.objects.filter(pk=lane_id).update(skipped=F("skipped") + gone)
                discarded += gone
    return discarded


def _chunks(
    destination: Destination, ids: Sequence[int], code: str
) -> "list[list[QuarantinedRecord]]":
    rows = open_records(destination, code=code)
    if ids:
        rows = rows.filter(pk__in=ids)
    records = list(rows.order_by("offset", "id"))
    return [records[start : start + AT_ONCE] for start in range(0, len(records), AT_ONCE)]


def _by_lane(records: list[QuarantinedRecord]) -> dict[int, list[int]]:
    lanes: dict[int, list[int]] = {}
    for record in records:
        lanes.setdefault(record.lane_id, []).append(record.pk)
    return lanes


def _close(ids: list[int], status: str) -> int:
    """Close the records that are still open: another person may have been quicker."""
    return QuarantinedRecord.objects.filter(pk__in=ids, status=Status.OPEN).update(status=status)


def _release(destination: Destination, chunk: list[QuarantinedRecord], now: datetime) -> int:
    ids = [record.pk for record in chunk]
    still_open = QuarantinedRecord.objects.select_for_update().filter(
        pk__in=ids, status=Status.OPEN
    )
    records = list(still_open)
    Parked.objects.bulk_create(
        (
            Parked(
                destination=destination,
                lane_id=record.lane_id,
                version=destination.version or record.version,
                offset=record.offset,
                order_key=record.order_key,
                due_at=now,
                generation=record.generation + 1,
                reason="Released from quarantine.",
                parked_at=now,
            )
            for record in records
        ),
        batch_size=500,
    )
    return _close([record.pk for record in records], Status.RELEASED)
