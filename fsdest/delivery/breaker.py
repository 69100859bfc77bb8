"""The breaker of a destination: when most calls fail, all its lanes wait, and one call probes.

Closed, calls go. A lane whose calls fail in general trips it: the lanes hold until `probe_at`. Then
it is half open: the first lane to come makes one call. If that gets through, the breaker closes and
all lanes are due; if not, it waits longer. After some failed probes it may be the records, so a
probe goes on, call by call, and parks what fails. The breaker is in the database: every worker sees
it.
"""

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet

from fsdest import hints
from fsdest.delivery import backoff
from fsdest.delivery.brake import Reason, Stop
from fsdest.models import Destination, Lane

A_MOMENT = timedelta(seconds=1)


def enter(lane: Lane, *, now: datetime) -> Reason | None:
    """Return why `lane` must not send now, or None: then it may, or is the one that probes.

    Whether it probes stands in `lane.destination.probe_at`, which is None where it does not.
    """
    destination = lane.destination
    probe_at = destination.probe_at
    if probe_at is None:
        return None
    if probe_at <= now:
        until = now + _longest_probe()  # if the prober dies, another one may go
        if _as_read(destination).update(probe_at=until):
            destination.probe_at = until
            return None
        probe_at = now + A_MOMENT
    return tripped(destination.failing_reason, probe_at, now=now)


def tripped(reason: str, probe_at: datetime, *, now: datetime) -> Reason:
    """Return the reason of a lane that waits for the probe."""
    return Reason(Stop.TRIPPED, reason, max(probe_at - now, timedelta(0)))


def trip(lane: Lane, reason: Reason, *, since: datetime, now: datetime) -> datetime | None:
    """Hold all lanes of the destination; return when one call will probe.

    Return None, and hold nothing, where another lane delivered after `since`, when the calls of
    `lane` began to fail: its own records are to blame, and the others need not wait for them.
    """
    destination = lane.destination
    is_probe = destination.probe_at is not None
    if not is_probe and _others_deliver(lane, since):
        return None
    failed = destination.failed_probes + 1 if is_probe else 1
    pause = backoff.wait(failed, reason.wait or None, jitter=random.random())  # noqa: S311
    _as_read(destination).update(
        probe_at=now + pause, failed_probes=failed, failing_reason=reason.sentence[:300]
    )
    found = Destination.objects.filter(pk=destination.pk).values_list("probe_at", flat=True)
    return found.first() or now + pause


def close(lane: Lane, *, now: datetime) -> None:
    """The probe got through: let all lanes go."""
    destination = lane.destination
    _as_read(destination).update(probe_at=None, failed_probes=0, failing_reason="")
    destination.probe_at = None
    others = destination.lanes.filter(due_at__gt=now, lease_until=None).exclude(pk=lane.pk)
    others.update(due_at=now, waits_for="")
    for lane_id in destination.lanes.exclude(pk=lane.pk).values_list("pk", flat=True):
        hints.nudge_lane(lane_id)


def leave(lane: Lane, *, now: datetime) -> None:
    """The probe was stopped before it told anything: let another lane make it."""
    _as_read(lane.destination).update(probe_at=now)


def _as_read(destination: Destination) -> QuerySet[Destination]:
    """Return the destination, unless another lane has moved its breaker since it was read."""
    return Destination.objects.filter(pk=destination.pk, probe_at=destination.probe_at)


def _others_deliver(lane: Lane, since: datetime) -> bool:
    pages = lane.destination.pages.filter(first_at__gte=since, calls__gt=F("failed_calls"))
    return pages.exclude(lane=lane).exists()


def _longest_probe() -> timedelta:
    return timedelta(seconds=settings.CALL_DEADLINE_S) * 4 / 3
