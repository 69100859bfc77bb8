"""When a lane may send, and when it is due next."""

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, Sum

from fsdest import hints
from fsdest.audit import Action, record
from fsdest.delivery import backoff, waiting
from fsdest.delivery.brake import FILLING, Reason, Stop
from fsdest.delivery.ledger import Due
from fsdest.fullstory import limits
from fsdest.models import Credential, Destination, ImportJob, Lane
from fsdest.payloads.configuration import Batch

BORDER_WAIT = timedelta(seconds=1)  # for the other lanes, at the border of a stretch
PROBE_AFTER = timedelta(seconds=1)
IMPORT_WAIT = timedelta(seconds=2)  # for import jobs to make room
# We stay below FullStory's limits: others may use the same organization.
MAX_JOBS = limits.BATCHES_RUNNING * 9 // 10
MAX_OUTSTANDING = limits.OPERATIONS_OUTSTANDING * 9 // 10


def hold(lane: Lane, *, now: datetime) -> Reason | None:
    """Return the hold on the lane's credential as the database has it, if it lasts."""
    credential = lane.destination.credential
    if credential is None or credential.hold_until is None or credential.hold_until <= now:
        return None
    return Reason(Stop.HOLD, credential.hold_reason, credential.hold_until - now)


def keep_hold(credential: Credential | None, reason: Reason, *, now: datetime) -> None:
    """Write a hold down, so that it outlives Redis; a longer one stays."""
    if credential is None:
        return
    until = now + reason.wait
    shorter = Q(hold_until=None) | Q(hold_until__lt=until)
    Credential.objects.filter(shorter, pk=credential.pk).update(
        hold_until=until, hold_reason=reason.sentence[:300]
    )


def import_room(destination: Destination, records: int) -> Reason | None:
    """Return why an import job of `records` must wait, or None.

    Counts the open jobs of all destinations with the same credential.
    Source: https://developer.fullstory.com/server/users/create-batch-user-import-job (limits).
    """
    outstanding = ImportJob.objects.filter(
        destination__credential=destination.credential_id, status=ImportJob.Status.PROCESSING
    ).aggregate(jobs=Count("id"), records=Sum("records", default=0))
    too_many = outstanding["records"] + records > MAX_OUTSTANDING and outstanding["records"]
    if outstanding["jobs"] < MAX_JOBS and not too_many:
        return None
    sentence = (
        f"FullStory is still importing {outstanding['records']:,} records; "
        "it takes more once some of them are in."
    )
    return Reason(Stop.IMPORTING, sentence, IMPORT_WAIT)


def filling(lane: Lane, batch: Batch | None) -> Reason | None:
    """Return the wait for more records, where the last batch of a growing nexset is not full.

    A lane waits once: when it is due again, the oldest record has waited `max_age_s`.
    """
    left = lane.destination.nexset.record_count - lane.cursor
    if batch is None or not 0 < left < batch.records or lane.cursor < lane.slice_end:
        return None
    if not batch.max_age_s or lane.waits_for == FILLING or not lane.destination.nexset.is_growing:
        return None
    return Reason(Stop.FILLING, FILLING, timedelta(seconds=batch.max_age_s))


def others_wait(lane: Lane, *, now: datetime) -> bool:
    """Whether a lane of another destination could be worked, if only a worker were free."""
    return Lane.objects.workable(now).exclude(destination=lane.destination_id).exists()


def next_due(
    lane: Lane, reason: Reason | None, *, now: datetime, probe_at: datetime | None = None
) -> Due:
    """Return when `lane` is due after a shift that ended for `reason`; None: nothing was left.

    `probe_at` is when one call will probe, where the destination's breaker is open.
    """
    has_more = lane.cursor < lane.destination.nexset.record_count
    if reason is None:
        return Due(now + BORDER_WAIT if has_more else waiting.first_due(lane))
    match reason.stop:
        case Stop.HOLD | Stop.IMPORTING | Stop.FILLING | Stop.TRIPPED:
            return Due(now + reason.wait, reason.sentence, lane.failures)
        case Stop.FAILING:
            failures = lane.failures + 1
            pause = backoff.wait(failures, reason.wait or None, jitter=random.random())  # noqa: S311
            # Another lane probes first, if there is one: its records are not those that failed.
            at = probe_at + PROBE_AFTER if probe_at else now + pause
            return Due(at, reason.sentence, failures)
        case _:
            return Due(now)


def requeue(lane: Lane, *, now: datetime) -> bool:
    """Make a lane due now, whatever it waits for; False where a worker has it at this moment."""
    with transaction.atomic():
        free = Lane.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=lane.pk)
        if not free.update(due_at=now, waits_for="", failures=0):
            return False
        hints.nudge_lane(lane.pk)
        before = {"lane": lane.number, "due_at": lane.due_at, "waited_for": lane.waits_for}
        record(Action.REQUEUED, lane.destination, before=before)
    return True
