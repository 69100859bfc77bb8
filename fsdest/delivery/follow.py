"""Follow FullStory's import jobs to their end: only then is a record delivered or set aside.

Asking is safe to repeat, so a job needs a lease only to keep two workers from asking at once; what
they found is written down by the one whose update still finds the job open.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q

from fsdest.delivery import control, ledger, wire
from fsdest.exchange import NoReply, Reply, Request
from fsdest.fullstory import jobs
from fsdest.fullstory.jobs import ItemError, JobStatus
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import ImportJob, Lane, QuarantinedRecord
from fsdest.outbound import Line
from fsdest.payloads.build import Payload, Renderer
from fsdest.records import blocks, ranges

log = logging.getLogger(__name__)

AT_ONCE = 20  # jobs a visit
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
Clock = Callable[[], datetime]


def follow(*, clock: Clock) -> None:
    """Ask about every import job that is due, and settle those that have ended."""
    for job_pk in _due(clock()):
        job = _claim(job_pk, now=clock())
        if job is not None:
            Following(job, clock).visit()


def _due(now: datetime) -> list[int]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = ImportJob.objects.filter(free, due_at__lte=now, status=ImportJob.Status.PROCESSING)
    return list(due.order_by("due_at", "id").values_list("pk", flat=True)[:AT_ONCE])


def _claim(job_pk: int, *, now: datetime) -> ImportJob | None:
    owner = uuid4().hex
    free = ImportJob.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        pk=job_pk,
        due_at__lte=now,
        status=ImportJob.Status.PROCESSING,
    )
    if not free.update(owner=owner, lease_until=now + LEASE):
        return None
    return ImportJob.objects.select_related(
        "destination__credential", "destination__nexset", "version", "lane"
    ).get(pk=job_pk)


class Following:
    """One visit to one import job."""

    def __init__(self, job: ImportJob, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.configuration = job.version.read()
        self.family = self.configuration.endpoint.follow
        self.credential = job.destination.credential
        self.base_url = self.credential.base_url if self.credential else ""

    def visit(self) -> None:
        """Ask how far FullStory is; settle the records if it is done, else come back later."""
        if self.credential is None:  # a saved destination has one: it is PROTECTed
            return
        line = wire.line(self.credential)
        try:
            found = jobs.status(self._get(line, jobs.status_path(self.family, self.job.job_id)))
            if isinstance(found, Verdict):
                self._not_answered(found)
            elif not found.is_done:
                self._later()
            else:
                self._finish(line, found)
        finally:
            line.close()

    def _get(self, line: Line, path: str) -> Reply | NoReply:
        url = self.base_url + path
        return line.send(
            Request(method="GET", url=url), deadline=wire.deadline(), max_bytes=jobs.LARGEST_PAGE
        )

    def _finish(self, line: Line, found: JobStatus) -> None:
        errors: list[ItemError] = []
        if found.errors:
            for page in self._error_pages(line):
                if isinstance(page, Verdict):
                    self._not_answered(page)
                    return
                errors += page
        self._settle(found, self._refused(errors))

    def _error_pages(self, line: Line) -> Iterator[list[ItemError] | Verdict]:
        token = ""
        while True:
            path = jobs.errors_path(self.family, self.job.job_id, token)
            page = jobs.page(self._get(line, path), family=self.family)
            if isinstance(page, Verdict):
                yield page
                return
            yield page.errors
            if not page.next_token or page.next_token == token:
                return
            token = page.next_token

    def _refused(self, errors: list[ItemError]) -> dict[int, ItemError]:
        """Return the error of each refused record, by offset."""
        if not errors:
            return {}
        renderer = Renderer(self.configuration)
        nexset = self.job.destination.nexset
        wanted = set(ranges.unpack(self.job.offsets))
        first, end = self.job.offsets[0][0], self.job.offsets[-1][1] + 1
        sent = [
            (offset, blocks.decode(built.item))
            for offset, line in nexset.lines(first, end)
            if offset in wanted and isinstance(built := renderer.build(offset, line), Payload)
        ]
        matched = jobs.match_errors(sent, errors)
        if matched.unmatched:
            log.error("import job %s: %d errors match no record", self.job, len(matched.unmatched))
        return matched.by_offset

    def _settle(self, found: JobStatus, refused: dict[int, ItemError]) -> None:
        """Write the end of the job down, once: whoever comes second finds it closed."""
        job, now = self.job, self.clock()
        mine = ImportJob.objects.filter(
            pk=job.pk, owner=job.owner, status=ImportJob.Status.PROCESSING
        )
        with transaction.atomic():
            ended = mine.update(
                status=ImportJob.Status.FAILED if refused else ImportJob.Status.COMPLETED,
                imported=job.records - len(refused),
                errors=len(refused),
                finished_at=now,
                due_at=None,
                lease_until=None,
                polls=F("polls") + 1,
                problem="",
            )
            if not ended:
                return
            Lane.objects.filter(pk=job.lane_id).update(
                delivered=F("delivered") + job.records - len(refused)
            )
            ledger.put_in_quarantine(self._quarantined(refused, now))

    def _quarantined(
        self, refused: dict[int, ItemError], now: datetime
    ) -> Iterator[QuarantinedRecord]:
        for offset, error in refused.items():
            yield QuarantinedRecord(
                destination_id=self.job.destination_id,
                lane_id=self.job.lane_id,
                version=self.job.version,
                offset=offset,
                order_key=error.key[:300],
                code=error.code[:100] or "refused",
                reason="FullStory took the batch but could not import this record.",
                message=error.message,
                attempts=1,
                quarantined_at=now,
            )

    def _later(self, problem: str = "", wait: timedelta | None = None) -> None:
        pause = min(FIRST_PAUSE * 1.5 ** min(self.job.polls, 20), LONGEST_PAUSE)
        ImportJob.objects.filter(pk=self.job.pk, owner=self.job.owner).update(
            due_at=self.clock() + (wait or pause),
            polls=F("polls") + 1,
            problem=problem[:500],
            owner="",
            lease_until=None,
        )

    def _not_answered(self, verdict: Verdict) -> None:
        """The job stays open: what FullStory took is not known to be in, nor to be refused."""
        self._later(verdict.reason, verdict.wait)
        if verdict.kind is VerdictKind.HALT:
            control.halt(self.job.destination_id, reason=verdict.reason)
