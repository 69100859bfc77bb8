"""The life of a decision on quarantined records: made by a person, worked off in chunks.

A chunk is one transaction: the records that go, how many that were, and from which offset the next
one goes on. So a worker that is killed loses nothing and does nothing twice, and the account adds
up at every moment. One worker has a decision while it renews the lease; a cancelled decision leaves
what was not yet reached as it was.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import F, Q

from fsdest import hints
from fsdest.audit import Action, record
from fsdest.delivery import edits, presence, quarantine
from fsdest.delivery.quarantine import Scope
from fsdest.models import Decision, Destination, QuarantinedRecord

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)  # a dead worker's lease ends by itself
AT_ONCE = 1_000  # records a chunk; so few are done while the person waits
SHIFT = timedelta(seconds=10)  # the maintenance queue has other work

Clock = Callable[[], datetime]
Person = AbstractBaseUser | AnonymousUser
Status = Decision.Status
ACTIONS = {Decision.Verb.RELEASE: Action.RELEASED, Decision.Verb.DISCARD: Action.DISCARDED}


class LostLeaseError(RuntimeError):
    """Another worker has the decision, or a person has cancelled it: nothing was written."""


def decide(
    destination: Destination,
    verb: Decision.Verb,
    scope: Scope,
    *,
    is_original: bool = False,
    user: Person | None = None,
    now: datetime,
) -> Decision:
    """Release or discard what `scope` means; have a worker do it where that is much.

    `is_original`: each under the version that it had, instead of the current one.
    """
    with transaction.atomic():
        decision = Decision.objects.create(
            destination=destination,
            verb=verb,
            ids=list(scope.ids),
            code=scope.code,
            until=min(scope.until or now, now),
            is_original=is_original,
            total=scope.records(destination).count(),
            created_at=now,
            created_by_id=user.pk if user else None,
        )
        after = {"records": decision.total} | ({"code": scope.code} if scope.code else {})
        record(ACTIONS[verb], destination, actor=user, after=after)
        if decision.total > AT_ONCE:
            hints.nudge_decision(decision.pk)
    if decision.total <= AT_ONCE:
        work(decision.pk, clock=lambda: now)
    decision.refresh_from_db()
    return decision


def release_edited(
    row: QuarantinedRecord,
    edited: dict[str, Any],
    *,
    is_original: bool,
    user: Person,
    now: datetime,
) -> bool:
    """Send `edited` in place of the record that was set aside; False where it is so no longer.

    The block keeps what came in.
    """
    with transaction.atomic():
        still_open = QuarantinedRecord.objects.select_for_update().filter(
            pk=row.pk, status=QuarantinedRecord.Status.OPEN
        )
        if not still_open.first():
            return False
        edits.edit(row.destination, row.offset, edited, user=user, now=now)
        record(Action.EDITED, row.destination, actor=user, after={"record": row.offset})
        scope = Scope(ids=[row.pk])
        decide(
            row.destination,
            Decision.Verb.RELEASE,
            scope,
            is_original=is_original,
            user=user,
            now=now,
        )
    return True


def cancel(decision: Decision, *, now: datetime) -> bool:
    """Leave what was not yet reached as it is; False where nothing is left to cancel."""
    running = Decision.objects.filter(pk=decision.pk, status=Status.RUNNING)
    return bool(running.update(status=Status.CANCELLED, finished_at=now, lease_until=None))


def work(decision_id: int, *, clock: Clock) -> None:
    """Work a decision off for up to a shift, if it waits and nobody else does.

    Safe to run twice, at once or again: the lease lets one in.
    """
    started = clock()
    decision = _claim(decision_id, now=started)
    if decision is None:
        return
    try:
        while _step(decision, now=clock()):
            if clock() - started >= SHIFT:
                _write(decision, lease_until=None)
                hints.nudge_decision(decision.pk)
                return
    except LostLeaseError:
        log.warning("decision %s: another worker has it, or it was cancelled", decision_id)


def abandoned(now: datetime) -> list[int]:
    """Return the ids of the decisions that wait for a worker, the oldest first."""
    waiting = Decision.objects.filter(_unowned(now), status=Status.RUNNING).order_by("id")
    return list(waiting.values_list("pk", flat=True))


def _claim(decision_id: int, *, now: datetime) -> Decision | None:
    free = Decision.objects.filter(_unowned(now), pk=decision_id, status=Status.RUNNING)
    if not free.update(owner=presence.name(), lease_until=now + LEASE):
        return None
    related = Decision.objects.select_related("destination__nexset", "destination__version")
    return related.get(pk=decision_id)


def _step(decision: Decision, *, now: datetime) -> bool:
    """Release or discard the next chunk; False where there was none: the decision is done."""
    with transaction.atomic():
        records = _next(decision)
        if not records:
            _write(decision, status=Status.COMPLETED, finished_at=now, lease_until=None)
            return False
        done = _do(decision, records, now)
        next_offset = records[-1].offset + 1
        _write(decision, done=F("done") + done, next_offset=next_offset, lease_until=now + LEASE)
    decision.next_offset = next_offset
    return True


def _next(decision: Decision) -> list[QuarantinedRecord]:
    scope = Scope(ids=decision.ids, code=decision.code, until=decision.until)
    rows = scope.records(decision.destination).filter(offset__gte=decision.next_offset)
    return list(rows.order_by("offset")[:AT_ONCE])


def _do(decision: Decision, records: list[QuarantinedRecord], now: datetime) -> int:
    destination = decision.destination
    if not decision.is_release:
        return quarantine.discard(records)
    released = quarantine.release(destination, records, is_original=decision.is_original, now=now)
    _wake(destination, set(released.values()), now)
    return len(released)


def _wake(destination: Destination, lane_ids: set[int], now: datetime) -> None:
    """Have the lanes worked now. One that waits for FullStory goes on waiting."""
    idle = Q(due_at=None) | Q(due_at__gt=now, waits_for="")
    destination.lanes.filter(idle, pk__in=lane_ids).update(due_at=now)
    for lane_id in sorted(lane_ids):
        hints.nudge_lane(lane_id)


def _write(decision: Decision, **changes: object) -> None:
    mine = Decision.objects.filter(
        pk=decision.pk, owner=decision.owner, status=Status.RUNNING
    ).exclude(lease_until=None)
    if not mine.update(**changes):
        raise LostLeaseError


def _unowned(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)
