"""Where one record is now, and what happens with it next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fsdest.delivery.lanes import own_lines, stretch_at
from fsdest.delivery.pages import PastCall
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import Destination, ImportJob, Lane, Parked, QuarantinedRecord, Version


class Place(StrEnum):
    """The place that a record counts in, as in the account."""

    DELIVERED = "delivered"
    IN_JOB = "in_job"
    PENDING = "pending"
    PARKED = "parked"
    SKIPPED = "skipped"
    QUARANTINED = "quarantined"
    SETTLED = "settled"  # delivered or skipped: its calls are no longer kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """`place`, and the row of the books that says so where there is one."""

    place: Place
    parked: Parked | None = None
    behind: int | None = None  # offset of the earlier record that a parked one queues behind
    job: ImportJob | None = None
    quarantined: QuarantinedRecord | None = None
    lane: Lane | None = None  # of a pending one
    since: datetime | None = None  # when it was delivered

    @property
    def next_version(self) -> Version | None:
        """The version that the next attempt uses; None: the current one, or there is none."""
        return self.parked.version if self.parked else None


def find(destination: Destination, offset: int, calls: Sequence[PastCall]) -> Whereabouts:
    """Return where the record at `offset` is. `calls` are its past ones, the newest first."""
    if parked := destination.parked.filter(offset=offset).select_related("version").first():
        return Whereabouts(place=Place.PARKED, parked=parked, behind=_behind(parked))
    if job := _open_job(destination, offset):
        return Whereabouts(place=Place.IN_JOB, job=job)
    aside = destination.quarantined.filter(offset=offset).first()
    if aside and aside.status == QuarantinedRecord.Status.OPEN:
        return Whereabouts(place=Place.QUARANTINED, quarantined=aside)
    if lane := _still_to_take(destination, offset):
        return Whereabouts(place=Place.PENDING, lane=lane)
    if aside and aside.status == QuarantinedRecord.Status.DISCARDED:
        return Whereabouts(place=Place.SKIPPED, quarantined=aside)
    return _settled(destination, calls)


def _settled(destination: Destination, calls: Sequence[PastCall]) -> Whereabouts:
    took = next((call for call in calls if call.took), None)
    if took is None:
        has_skipped = destination.lanes.filter(skipped__gt=0).exists()
        return Whereabouts(place=Place.SETTLED if has_skipped else Place.DELIVERED)
    if took.kind is VerdictKind.ACCEPTED:
        job = destination.jobs.filter(job_id=took.job_id).first()
        return Whereabouts(place=Place.DELIVERED, job=job, since=job.finished_at if job else None)
    return Whereabouts(place=Place.DELIVERED, since=took.at + took.elapsed)


def _behind(parked: Parked) -> int | None:
    """Return the offset of the first parked record of the same key, if that is an earlier one."""
    same = Parked.objects.filter(lane=parked.lane_id, order_key=parked.order_key)
    if not parked.order_key:
        return None
    earlier = same.filter(offset__lt=parked.offset).order_by("offset")
    offset: int | None = earlier.values_list("offset", flat=True).first()
    return offset


def _open_job(destination: Destination, offset: int) -> ImportJob | None:
    for job in destination.jobs.filter(status=ImportJob.Status.PROCESSING):
        if any(first <= offset <= last for first, last in job.offsets):
            return job
    return None


def _still_to_take(destination: Destination, offset: int) -> Lane | None:
    """Return the lane of a record that was not settled yet; None if it was."""
    lanes = list(destination.lanes.all())
    if lanes and all(offset < lane.cursor for lane in lanes):
        return None
    lane = _lane(lanes, destination, offset)
    if lane is None:
        return None
    is_ahead = any(first <= offset <= last for first, last in lane.ahead)
    return None if offset < lane.cursor or is_ahead else lane


def _lane(lanes: list[Lane], destination: Destination, offset: int) -> Lane | None:
    if stretch_at(destination, offset).lanes == 1:
        return next((lane for lane in lanes if lane.number == 0), None)
    for lane in lanes:
        lane.destination = destination  # as it was read: its nexset and stretches
        if any(own_lines(lane, offset, offset + 1)):
            return lane
    return None
