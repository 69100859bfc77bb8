"""Follow FullStory's import jobs to their end: only then is a record delivered or set aside.

Asking is safe to repeat, so a job needs a lease only to keep two workers from asking at once; what
they found is written down by the one whose update still finds the job open.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from fsdest.delivery import control, edits, ledger, presence, schedule, turns, wire
from fsdest.delivery.asking import Answer, Asking, get
from fsdest.delivery.brake import ASKED, Reason, Stop
from fsdest.fullstory import jobs
from fsdest.fullstory.jobs import ItemError, JobStatus
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import Credential, ImportJob, Lane, QuarantinedRecord
from fsdest.outbound import Line
from fsdest.payloads.build import Payload, Renderer
from fsdest.records import blocks, ranges
from fsdest.vault import CannotUnseal

AT_ONCE = 100  # jobs a round; an organization has no more of them at work
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
NO_RETRY_AFTER = timedelta(seconds=5)  # as for a delivery
REFUSED = "FullStory took the batch but could not import this record."
UNCONFIRMED = "unconfirmed"
NOT_CONFIRMED = "FullStory refused records of this batch and does not list this one as imported."
Clock = Callable[[], datetime]


def follow(*, clock: Clock) -> None:
    """Ask about the import jobs that are due, and settle those that have ended."""
    now = clock()
    claimed = [job for pk in _due(now) if (job := _claim(pk, now=now))]
    with Asking(clock) as asking:
        for job, answer in asking.all(claimed):
            Following(job, clock).take(answer)


def _due(now: datetime) -> list[int]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = ImportJob.objects.filter(free, due_at__lte=now, status=ImportJob.Status.PROCESSING)
    return list(due.order_by("due_at", "id").values_list("pk", flat=True)[:AT_ONCE])


def _claim(job_pk: int, *, now: datetime) -> ImportJob | None:
    owner = presence.name()
    free = ImportJob.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        pk=job_pk,
        due_at__lte=now,
        status=ImportJob.Status.PROCESSING,
    )
    if not free.update(owner=owner, lease_until=now + ledger.lease()):
        return None
    return ImportJob.objects.select_related(
        "destination__credential", "destination__nexset", "version", "lane"
    ).get(pk=job_pk)


def _unconfirmed(
    sent: Sequence[tuple[int, dict[str, Any]]],
    refused: dict[int, ItemError],
    imports: list[ItemError],
) -> dict[int, ItemError]:
    """Return the records that FullStory neither refused by name nor lists as imported.

    Some errors could not be matched to a record: rather than guess, each record that is not
    confirmed is set aside.
    """
    rest = [(offset, item) for offset, item in sent if offset not in refused]
    confirmed = jobs.match_errors(rest, imports).by_offset
    return {
        offset: ItemError(code=UNCONFIRMED, message="", item=item)
        for offset, item in rest
        if offset not in confirmed
    }


class Following:
    """One visit to one import job."""

    def __init__(self, job: ImportJob, clock: Clock) -> None:
        self.job = job
        self.clock = clock
        self.configuration = job.version.read()
        self.family = self.configuration.endpoint.follow
        self.credential = job.destination.credential

    def take(self, answer: Answer) -> None:
        """Settle the records if FullStory is done with them, else come back later."""
        if answer is None:
            self._put_back()
            return
        if isinstance(answer, CannotUnseal):  # a worker with the right keys can
            self._later(str(answer))
            return
        if isinstance(answer, Verdict):
            self._wait(answer)
            return
        found = jobs.status(answer, now=self.clock())
        if isinstance(found, Verdict):
            self._heed(found)
            self._not_answered(found)
        elif not found.is_done:
            self._later()
        elif self.credential is not None:
            line = wire.line(self.credential)
            try:
                self._finish(line, found)
            finally:
                line.close()

    def _put_back(self) -> None:
        """It was not asked about, and stays due."""
        mine = ImportJob.objects.filter(pk=self.job.pk, owner=self.job.owner)
        mine.update(owner="", lease_until=None)

    def _turn(self, credential: Credential) -> Verdict | None:
        """Wait for it, for longer than at the start of a visit: the pages that were read count."""
        patience_s = ledger.lease().total_seconds() / 3
        return turns.wait(credential, now=self.clock(), patience_s=patience_s)

    def _heed(self, verdict: Verdict) -> None:
        """Let all who use the credential wait, if that is what FullStory asks for."""
        if verdict.kind is not VerdictKind.HOLD or self.credential is None:
            return
        pause = verdict.wait or NO_RETRY_AFTER
        turns.limiter(self.credential).hold(pause.total_seconds())
        held = Reason(Stop.HOLD, ASKED, pause)
        schedule.keep_hold(self.credential, held, now=self.clock())

    def _wait(self, not_yet: Verdict) -> None:
        """Come back when it may be asked: it was not."""
        mine = ImportJob.objects.filter(pk=self.job.pk, owner=self.job.owner)
        due_at = self.clock() + (not_yet.wait or FIRST_PAUSE)
        mine.update(due_at=due_at, problem=not_yet.reason, owner="", lease_until=None)

    def _finish(self, line: Line, found: JobStatus) -> None:
        """Find out which records were refused, then settle all of them."""
        refused: dict[int, ItemError] = {}
        if found.errors:
            errors = self._pages(line, jobs.errors_path)
            if isinstance(errors, Verdict):
                self._not_answered(errors)
                return
            sent = self._sent()
            refused = jobs.match_errors(sent, errors).by_offset
            if len(refused) < found.errors:
                imports = self._pages(line, jobs.imports_path)
                if isinstance(imports, Verdict):
                    self._not_answered(imports)
                    return
                refused |= _unconfirmed(sent, refused, imports)
        self._settle(refused)

    def _pages(self, line: Line, path_of: Callable[..., str]) -> list[ItemError] | Verdict:
        """Return all results of the job's pages, or what kept us from reading one of them."""
        results: list[ItemError] = []
        token = ""
        while True:
            if self.credential and (not_yet := self._turn(self.credential)):
                return not_yet
            reply = get(line, self.credential, path_of(self.family, self.job.job_id, token))
            page = jobs.page(reply, family=self.family, now=self.clock())
            if isinstance(page, Verdict):
                self._heed(page)
                return page
            results += page.errors
            self._renew()
            if not page.next_token or page.next_token == token:
                return results
            token = page.next_token

    def _renew(self) -> None:
        until = self.clock() + ledger.lease()
        ImportJob.objects.filter(pk=self.job.pk, owner=self.job.owner).update(lease_until=until)

    def _sent(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the records of the job as they were sent: built again, they are the same."""
        renderer = Renderer(self.configuration)
        offsets = list(ranges.unpack(self.job.offsets))
        return [
            (offset, blocks.decode(built.item))
            for offset, line in edits.lines(self.job.destination, offsets)
            if isinstance(built := renderer.build(offset, line), Payload)
        ]

    def _settle(self, refused: dict[int, ItemError]) -> None:
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
                reason=REFUSED if error.code != UNCONFIRMED else NOT_CONFIRMED,
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
            control.halt(self.job.destination, reason=verdict.reason, blames=verdict.blames)
