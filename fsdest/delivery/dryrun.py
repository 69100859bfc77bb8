"""The life of a dry run: started by a person, owned by one worker at a time, kept when done.

A worker owns it while it renews the lease. One that follows a dead one begins anew: the counts are
in memory alone. Only one runs at a time in the whole installation: the workers of its queue have
the sweep to do as well.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import reset_queries, transaction
from django.db.models import F, Q

from fsdest import hints
from fsdest.audit import Action, record
from fsdest.delivery import presence
from fsdest.delivery.estimate import estimate
from fsdest.delivery.forecast import forecast
from fsdest.models import Destination, DryRun

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)  # a dead worker's lease ends by itself
TELL_EVERY = timedelta(milliseconds=400)
MOST_ATTEMPTS = 5  # workers that died of it
KEPT = 10  # of one destination

Clock = Callable[[], datetime]
Status = DryRun.Status


class LostLeaseError(RuntimeError):
    """Another worker has the dry run, or a person has ended it."""


def start(destination: Destination, *, now: datetime) -> DryRun:
    """Have a worker make a dry run of the version in force; the one that runs, if one does.

    One that runs with an older version is ended. Of the finished ones, the last KEPT are kept.
    """
    with transaction.atomic():
        destination = Destination.objects.select_for_update().get(pk=destination.pk)
        if destination.version_id is None:
            raise ValueError(f"destination {destination.pk} was never saved")
        running = destination.dry_runs.filter(status=Status.RUNNING)
        same = running.filter(version_id=destination.version_id).first()
        if same:
            return same
        running.update(status=Status.FAILED, problem="A newer version was saved.", finished_at=now)
        old = destination.dry_runs.values_list("pk", flat=True)[KEPT - 1 :]
        destination.dry_runs.filter(pk__in=list(old)).delete()
        run = DryRun.objects.create(
            destination=destination, version_id=destination.version_id, created_at=now
        )
        hints.nudge_dry_run(str(run.pk))
        record(Action.DRY_RUN, destination)
    return run


def work(run_id: str | UUID, *, clock: Clock) -> None:
    """Make a dry run from its first record to its last, if it waits and nobody else makes one.

    Safe to run twice, at once or again: the lease lets one in.
    """
    run = _claim(run_id, now=clock())
    if run is None:
        return
    try:
        _make(run, clock)
    except LostLeaseError:
        log.warning("dry run %s: another worker has it, or it was ended", run_id)
    for following in abandoned(clock())[:1]:
        hints.nudge_dry_run(following)


def abandoned(now: datetime) -> list[str]:
    """Return the ids of the dry runs that wait for a worker, the oldest first."""
    waiting = DryRun.objects.filter(_unowned(now), status=Status.RUNNING).order_by("created_at")
    return [str(pk) for pk in waiting.values_list("pk", flat=True)]


def _claim(run_id: str | UUID, *, now: datetime) -> DryRun | None:
    owner = presence.name()
    with transaction.atomic():
        others = DryRun.objects.filter(status=Status.RUNNING, lease_until__gt=now)
        if others.exclude(pk=run_id).exists():
            return None  # it nudges the next one when it is done
        free = DryRun.objects.filter(_unowned(now), pk=run_id, status=Status.RUNNING)
        if not free.update(
            owner=owner,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            started_at=now,
            share=0,
        ):
            return None
    run = DryRun.objects.select_related(
        "destination__nexset", "destination__credential", "version"
    ).get(pk=run_id)
    if run.attempts > MOST_ATTEMPTS:
        sentence = "It was interrupted again and again: a record may be too large for a worker."
        _write(run, status=Status.FAILED, problem=sentence, finished_at=now, lease_until=None)
        return None
    return run


def _make(run: DryRun, clock: Clock) -> None:
    began = told_at = clock()

    def tell(share: float) -> None:
        nonlocal told_at
        now = clock()
        if now - told_at >= TELL_EVERY:
            told_at = now
            run.share = max(run.share, share)
            _write(run, share=run.share, lease_until=now + LEASE)
            reset_queries()  # under DEBUG, Django would remember every block

    configuration = run.version.read()
    found = forecast(configuration, run.destination.nexset, watch=tell)
    now = clock()
    expected = estimate(run.destination, configuration, found, building=now - began)
    counters = found.to_json() | {"expected": asdict(expected)}
    _write(
        run,
        status=Status.COMPLETED,
        share=1,
        counters=counters,
        finished_at=now,
        lease_until=None,
    )
    log.info("dry run %s: %d calls in %s", run.pk, found.calls, now - began)


def _write(run: DryRun, **changes: object) -> None:
    mine = DryRun.objects.filter(pk=run.pk, owner=run.owner, status=Status.RUNNING)
    if not mine.update(**changes):
        raise LostLeaseError


def _unowned(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)
