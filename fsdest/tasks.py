"""The door for Celery. A task is a hint: it finds its object, makes one call, ends.

Arguments are ids; unknown ones are ignored, since publisher and worker may differ in age. There is
no `retry()`, no countdown and no result: when to try again is `due_at`, in the database, because a
Redis broker hands a message that waits for longer than its visibility timeout to a second worker.
"""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

import fsdest.watchdog  # noqa: F401 - a worker that loads its tasks is watched
from fsdest import forgetting, ingest
from fsdest import sweep as sweeping
from fsdest.delivery import decisions, dryrun, follow, hours, run
from fsdest.delivery import prune as pruning
from fsdest.delivery.clock import now


@shared_task
def work_lane(*, lane_id: int, **_later_arguments: object) -> None:
    """Work one lane for up to a shift."""
    run.work(lane_id, clock=now)


@shared_task
def follow_jobs(**_later_arguments: object) -> None:
    """Ask FullStory about the import jobs that are due."""
    follow.follow(clock=now)


@shared_task
def ingest_upload(*, source_id: str, **_later_arguments: object) -> None:
    """Read an uploaded file into its nexset."""
    ingest.read(source_id, clock=now)


@shared_task
def dry_run(*, run_id: str, **_later_arguments: object) -> None:
    """Make every request of a nexset, and send none."""
    dryrun.work(run_id, clock=now)


@shared_task
def canary(**_later_arguments: object) -> None:
    """Do nothing: that a worker takes it is the answer, and its watchdog tells that."""


@shared_task
def work_decision(*, decision_id: int, **_later_arguments: object) -> None:
    """Release or discard records of a quarantine, for up to a shift."""
    decisions.work(decision_id, clock=now)


@shared_task
def sweep(**_later_arguments: object) -> None:
    """Nudge what lost hints and dead workers left behind."""
    sweeping.sweep(now=now())


@shared_task
def prune(**_later_arguments: object) -> None:
    """Add up the hours that are over, join small pages of calls, and delete what is old."""
    hours.close(now=now())
    forgetting.forget(now=now())
    pruning.prune(keep=timedelta(days=settings.KEEP_CALLS_DAYS), clock=now)
