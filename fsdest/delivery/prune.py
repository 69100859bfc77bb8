"""Keep the books small: join the pages of past hours, and delete what is old.

What is deleted stays in the account: what its calls and import jobs delivered goes over to the lane
in the same transaction, where `recount` finds it. Safe to run twice, at once or again.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from django.db import transaction
from django.db.models import F, QuerySet

from fsdest.audit import Action, record
from fsdest.delivery import pages
from fsdest.delivery.run import Clock
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import CallPage, ImportJob, Lane, QuarantinedRecord

FULL = 500  # calls in a joined page, at most
SMALL = FULL // 2  # calls; a page with more is left alone, so that none is joined for ever
JOIN_WITHIN = timedelta(days=1)  # pages older than that were joined long ago
AT_ONCE = 100  # pages, jobs or records a transaction
SHIFT = timedelta(seconds=10)  # the maintenance queue has other work; beat comes again

Status = QuarantinedRecord.Status
Row = TypeVar("Row", CallPage, ImportJob, QuarantinedRecord)


@dataclass(slots=True, kw_only=True)
class Pruned:
    """What a run did."""

    joined: int = 0  # pages that became part of another
    pages: int = 0  # deleted
    calls: int = 0  # in those
    jobs: int = 0
    records: int = 0  # of the quarantine, closed long ago
    is_done: bool = True  # False: time was up first

    @property
    def sentence(self) -> str:
        """What was done, for a person."""
        done = (
            f"Deleted {self.calls:,} calls ({self.pages:,} pages), {self.jobs:,} import jobs and "
            f"{self.records:,} closed records of the quarantine; joined {self.joined:,} pages."
        )
        return done if self.is_done else f"{done} Time was up: do it again for the rest."


def by_hand(*, keep: timedelta, clock: Clock, within: timedelta | None) -> Pruned:
    """Prune because a person said so, and write that down."""
    pruned = prune(keep=keep, clock=clock, within=within)
    days = round(keep / timedelta(days=1), 2)
    record(Action.PRUNED, None, after={"days": days, **asdict(pruned)})
    return pruned


class TakenError(RuntimeError):
    """Another run was quicker with some of the rows: nothing was changed."""


def prune(*, keep: timedelta, clock: Clock, within: timedelta | None = SHIFT) -> Pruned:
    """Join small pages and delete what ended more than `keep` ago, for up to `within`."""
    started, pruned = clock(), Pruned()
    before = started - keep
    for _ in _steps(pruned, before, started):
        if within is not None and clock() - started >= within:
            pruned.is_done = False
            break
    return pruned


def _steps(pruned: Pruned, before: datetime, now: datetime) -> Iterator[None]:
    """Do one transaction after another, and count what they did."""
    for jobs in _batches(_old_jobs(before)):
        pruned.jobs += _delete(jobs)
        yield
    for old in _batches(CallPage.objects.filter(last_at__lt=before)):
        deleted = _delete(old)
        pruned.pages += deleted
        pruned.calls += sum(page.calls for page in old) if deleted else 0
        yield
    for records in _batches(_old_records(before, now)):
        pruned.records += _delete(records)
        yield
    for small in _joinable(now):
        pruned.joined += _join(small)
        yield


def _batches(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield batch
        last = batch[-1].pk


def _old_jobs(before: datetime) -> QuerySet[ImportJob]:
    ended = ImportJob.objects.exclude(status=ImportJob.Status.PROCESSING)
    return ended.filter(finished_at__lt=before)


def _old_records(before: datetime, now: datetime) -> QuerySet[QuarantinedRecord]:
    """Return the closed records that were first seen closed before `before`.

    Their age counts from then: a record set aside long ago may be discarded today.
    """
    records = QuarantinedRecord.objects
    records.filter(status=Status.OPEN).exclude(seen_closed_at=None).update(seen_closed_at=None)
    closed = records.exclude(status=Status.OPEN)
    closed.filter(seen_closed_at=None).update(seen_closed_at=now)
    return closed.filter(seen_closed_at__lt=before)


def _delete(rows: list[Row]) -> int:
    """Delete `rows`, of one kind, and carry forward what they delivered; return how many.

    0 where another run was quicker with one of them.
    """
    delivered: dict[int, int] = {}
    for row in rows:
        delivered[row.lane_id] = delivered.get(row.lane_id, 0) + _delivered(row)
    try:
        with transaction.atomic():
            _delete_exactly(rows)
            for lane_id, count in sorted(delivered.items()):
                if count:
                    Lane.objects.filter(pk=lane_id).update(
                        pruned_delivered=F("pruned_delivered") + count
                    )
    except TakenError:
        return 0
    return len(rows)


def _delete_exactly(rows: list[Row]) -> None:
    same = type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows])
    if isinstance(rows[0], QuarantinedRecord):
        same = same.exclude(status=Status.OPEN)  # set aside again meanwhile
    if same.delete()[0] != len(rows):
        raise TakenError


def _delivered(row: Row) -> int:
    match row:
        case CallPage():
            calls = pages.read(row) if row.records else []
            return sum(call.records for call in calls if call.kind is VerdictKind.DELIVERED)
        case ImportJob():
            return row.imported
        case _:
            return 0


def _joinable(now: datetime) -> Iterator[list[CallPage]]:
    """Yield the small pages of one lane and one past hour that fit into one page, two or more.

    A page for each quarter of a second in which a call ended: where few do, the rows and their
    indexes take more room than the calls.
    """
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    small = CallPage.objects.filter(
        last_at__lt=this_hour, last_at__gte=this_hour - JOIN_WITHIN, calls__lt=SMALL
    )
    rows = small.order_by("lane", "last_at", "pk").values_list("pk", "lane", "last_at", "calls")
    for _, hour in groupby(rows, key=lambda row: (row[1], f"{row[2]:%Y%m%d%H}")):
        for run in _runs([(pk, calls) for pk, _, _, calls in hour]):
            found = list(CallPage.objects.filter(pk__in=run).order_by("last_at", "pk"))
            if len(found) == len(run):
                yield found


def _runs(hour: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Group (page, calls) in their order into runs of at most FULL calls; drop runs of one."""
    run: list[int] = []
    size = 0
    for page, calls in hour:
        if size + calls > FULL:
            if len(run) > 1:
                yield run
            run, size = [], 0
        run.append(page)
        size += calls
    if len(run) > 1:
        yield run


def _join(small: list[CallPage]) -> int:
    """Replace the pages `small` by one; return how many fewer there are."""
    joined = pages.join(small)
    try:
        with transaction.atomic():
            _delete_exactly(small)
            joined.save()
    except TakenError:
        return 0
    return len(small) - 1
