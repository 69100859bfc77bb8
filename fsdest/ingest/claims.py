"""Who reads a source: one reader at a time, who keeps the lease by renewing it.

Every write of a reader goes through `change` first, in the same transaction, so a reader that
was given up for dead changes nothing.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from fsdest import signature
from fsdest.models import Source

LEASE = timedelta(seconds=60)  # a dead reader's lease ends by itself
GIVE_UP_AFTER = timedelta(days=1)  # for a file whose readers die


class LeaseLost(Exception):
    """Another reader has taken the source, or a person has deleted it."""


def claim(source_id: str, *, now: datetime) -> Source | None:
    """Become the one reader of the source; None if there is nothing to do."""
    with transaction.atomic():
        free = Source.objects.filter(unowned(now), pk=source_id, status=Source.Status.READING)
        source = free.first()
        if source is None:
            return None
        is_hopeless = bool(source.owner) and now - source.created_at > GIVE_UP_AFTER
        source.owner = signature.fresh()
        if not free.update(owner=source.owner, lease_until=now + LEASE):
            return None
        _clear(source)
    if is_hopeless:
        fail(source, "Reading this file was interrupted again and again. Split it and try again.")
        return None
    return source


def change(source: Source, changes: dict[str, object]) -> None:
    """Update the source if it is still being read by its owner; LeaseLost if not."""
    mine = Source.objects.filter(pk=source.pk, owner=source.owner, status=Source.Status.READING)
    if not mine.update(**changes):
        raise LeaseLost


def fail(source: Source, sentence: str, *, keep_rejected: bool = False) -> None:
    with transaction.atomic():
        counts = {} if keep_rejected else {"rows_read": 0, "rows_rejected": 0}
        change(source, {"status": Source.Status.FAILED, "problem": sentence, **counts})
        _clear(source, keep_rejected=keep_rejected)


def unowned(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)


def _clear(source: Source, *, keep_rejected: bool = False) -> None:
    source.nexsets.all().delete()
    if not keep_rejected:
        source.rejected_rows.all().delete()
