"""Records that were set aside: which there are, and how some of them go back or are skipped.

A released record is parked, due now, with a generation of its own: a refusal that FullStory
remembers under the old idempotency key must not answer for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, QuerySet

from fsdest.delivery import edits, lanes
from fsdest.models import Destination, Lane, Parked, QuarantinedRecord, Version
from fsdest.payloads.build import Renderer
from fsdest.records import blocks

Status = QuarantinedRecord.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which of the open records are meant: some of them, those of one code, or else all.

    None that was set aside after `until`: a record that is refused again is not meant again.
    """

    ids: Sequence[int] = ()
    code: str = ""
    until: datetime | None = None

    def records(self, destination: Destination) -> QuerySet[QuarantinedRecord]:
        """Return the records of `destination` that it means now."""
        rows = open_records(destination, code=self.code)
        rows = rows.filter(pk__in=self.ids) if self.ids else rows
        return rows.filter(quarantined_at__lte=self.until) if self.until else rows


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


def versions(rows: QuerySet[QuarantinedRecord]) -> list[tuple[int, int]]:
    """Return (number of a version, how many of `rows` it was sent with), the oldest first."""
    counted = rows.order_by().values("version__number").annotate(records=Count("id"))
    return sorted((row["version__number"], row["records"]) for row in counted)


def release(
    destination: Destination,
    records: Sequence[QuarantinedRecord],
    *,
    is_original: bool,
    now: datetime,
) -> dict[int, int]:
    """Park those of `records` that are still open; return {offset: id of its lane} of them.

    Their order key is read anew: what was refused before it was sent has none yet, and an edited
    record may have another one. Then it is parked in the lane of that key, so that one lane has all
    records of a key, and keeps their order. To be called in a transaction.
    """
    still_open = QuarantinedRecord.objects.select_for_update(of=("self",)).filter(
        pk__in=[record.pk for record in records], status=Status.OPEN
    )
    rows = list(still_open.select_related("version").order_by("offset"))
    current = destination.version
    chosen = {row.pk: row.version if is_original or not current else current for row in rows}
    lines = dict(edits.lines(destination, [row.offset for row in rows]))
    lane_ids = {row.offset: row.lane_id for row in rows} | _lanes_of_edited(destination, lines)
    renderers = {version.pk: Renderer(version.read()) for version in set(chosen.values())}
    Parked.objects.bulk_create(
        (
            _parked(
                row,
                lane_ids[row.offset],
                chosen[row.pk],
                _key(renderers[chosen[row.pk].pk], row, lines),
                now,
            )
            for row in rows
        ),
        batch_size=500,
    )
    _close(rows, Status.RELEASED)
    return lane_ids


def discard(records: Iterable[QuarantinedRecord]) -> int:
    """Skip those of `records` that are still open; return how many. To be called in a
    transaction."""
    by_lane: dict[int, list[QuarantinedRecord]] = {}
    for record in records:
        by_lane.setdefault(record.lane_id, []).append(record)
    discarded = 0
    for lane_id, rows in sorted(by_lane.items()):
        gone = _close(rows, Status.DISCARDED)
        Lane.objects.filter(pk=lane_id).update(skipped=F("skipped") + gone)
        discarded += gone
    return discarded


def _close(rows: Sequence[QuarantinedRecord], status: str) -> int:
    """Close the records that are still open: another person may have been quicker."""
    ids = [row.pk for row in rows]
    return QuarantinedRecord.objects.filter(pk__in=ids, status=Status.OPEN).update(status=status)


def _lanes_of_edited(destination: Destination, lines: dict[int, bytes]) -> dict[int, int]:
    """Return {offset: id of the lane of its key} of those of `lines` that were edited."""
    edited = destination.edited_records.filter(offset__in=list(lines)).order_by("offset")
    by_number = dict(destination.lanes.values_list("number", "pk"))
    return {
        offset: by_number[lanes.number_of(destination, offset, lines[offset])]
        for offset in set(edited.values_list("offset", flat=True))
    }


def _key(renderer: Renderer, row: QuarantinedRecord, lines: dict[int, bytes]) -> str:
    try:
        return renderer.order_key(blocks.decode(lines[row.offset]))[:300]
    except (KeyError, ValueError):  # no such record any more, or none that can be read
        return row.order_key


def _parked(
    row: QuarantinedRecord, lane_id: int, version: Version, order_key: str, now: datetime
) -> Parked:
    return Parked(
        destination_id=row.destination_id,
        lane_id=lane_id,
        version=version,
        offset=row.offset,
        order_key=order_key,
        due_at=now,
        generation=row.generation + 1,
        reason="Released from quarantine.",
        parked_at=now,
    )
