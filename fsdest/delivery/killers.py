"""Set aside what killed its workers: see delivery.trial for how it is found."""

from datetime import datetime

from django.db import transaction

from fsdest.delivery import ledger
from fsdest.delivery.evidence import Evidence
from fsdest.delivery.settling import Settler
from fsdest.models import Lane, QuarantinedRecord
from fsdest.payloads.build import Rejected
from fsdest.records import ranges

CODE = "kills_worker"


def set_aside(lane: Lane, *, now: datetime) -> None:
    """Put into quarantine what the workers of `lane`, just claimed, died of, if that is proven."""
    evidence = Evidence.against(lane)
    if not evidence.is_final:
        return
    settler = Settler(lane, {})
    offsets = list(ranges.unpack(evidence.offsets))
    parked = {row.offset: row for row in lane.parked.filter(offset__in=offsets)}
    ahead = set(ranges.unpack(lane.ahead))
    for offset in offsets:
        row = parked.get(offset)
        version = row.version if row else lane.slice_version
        if version is None or (row is None and (offset < lane.cursor or offset in ahead)):
            continue  # it was settled all the same
        settler.reject(
            Rejected(offset=offset, code=CODE, reason=evidence.reason),
            version,
            is_parked=row is not None,
            generation=row.generation if row else 0,
            now=now,
        )
        if row is None:
            ahead.add(offset)
    with transaction.atomic():
        ledger.put_on_trial(lane, None)
        ledger.checkpoint(
            lane, settler.take(), lane.cursor, ranges.pack(sorted(ahead)), lane.begun, now=now
        )


def known(lane: Lane) -> set[int]:
    """Return those of the slice of `lane`: a batch that they were in is built without them."""
    if not lane.ahead:
        return set()
    of_slice = QuarantinedRecord.objects.filter(
        destination=lane.destination_id,
        code=CODE,
        offset__gte=lane.cursor,
        offset__lt=lane.slice_end,
    )
    return set(of_slice.values_list("offset", flat=True))
