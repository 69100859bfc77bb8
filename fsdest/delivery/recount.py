"""Count everything again from the tables, and say where the books disagree with it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Sum

from fsdest.delivery import pages
from fsdest.delivery.account import Balance, balance
from fsdest.delivery.lanes import own_lines, stretches
from fsdest.delivery.snapshot import snapshot
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import Destination, ImportJob, Lane, QuarantinedRecord


@dataclass(frozen=True, slots=True)
class Finding:
    """One destination, recounted."""

    destination: Destination
    balance: Balance
    disagreements: list[str]

    @property
    def is_right(self) -> bool:
        return self.balance.is_balanced and not self.disagreements


def recount(destination: Destination) -> Finding:
    """Recount `destination` from blocks, pages, jobs and rows, as they are at one moment.

    It may be at work meanwhile.
    """
    with snapshot():
        destination = Destination.objects.select_related("nexset").get(pk=destination.pk)
        account = balance(destination)
        disagreements = [
            sentence for lane in destination.lanes.all() for sentence in _disagreements(lane)
        ]
        disagreements += _misplaced(destination)
    if not account.is_balanced:
        disagreements.append("the account does not add up")
    return Finding(destination, account, disagreements)


def _disagreements(lane: Lane) -> Iterator[str]:
    taken = sum(1 for _ in _taken(lane))
    if taken != lane.taken:
        yield f"lane {lane.number} counted {lane.taken} records as taken, its blocks say {taken}"
    delivered = _delivered(lane)
    if delivered != lane.delivered:
        yield f"lane {lane.number} counted {lane.delivered} as delivered, its calls say {delivered}"


def _misplaced(destination: Destination) -> Iterator[str]:
    """Of all lanes together: an edited record is sent by the lane of the key that it has then."""
    taken, places = 0, Counter[str]()
    for lane in destination.lanes.all():
        taken += lane.taken
        places += _places(lane)
    if taken != places.total():
        yield f"the lanes took {taken} records, they are in {dict(places)}"


def _taken(lane: Lane) -> Iterator[int]:
    """Yield the offsets of the lane's settled records, found in the blocks."""
    reach = max([lane.cursor, *(last + 1 for _, last in lane.ahead)])
    for stretch in stretches(lane.destination):
        end = min(reach, stretch.end if stretch.end is not None else reach)
        for offset, _ in own_lines(lane, stretch.first, end) if stretch.first < end else ():
            if offset < lane.cursor or any(a <= offset <= b for a, b in lane.ahead):
                yield offset


def _delivered(lane: Lane) -> int:
    """Count what the calls delivered, and what ended import jobs did; the pruned ones are counted
    on the lane."""
    by_call = sum(
        call.records
        for page in lane.pages.order_by("id").iterator(chunk_size=50)
        for call in pages.read(page)
        if call.kind is VerdictKind.DELIVERED
    )
    ended = lane.jobs.exclude(status=ImportJob.Status.PROCESSING)
    by_job: int = ended.aggregate(n=Sum("imported", default=0))["n"]
    return by_call + by_job + lane.pruned_delivered


def _places(lane: Lane) -> Counter[str]:
    """Count the lane's records by the place they are in."""
    open_jobs = lane.jobs.filter(status=ImportJob.Status.PROCESSING)
    quarantined = lane.quarantined.filter(status=QuarantinedRecord.Status.OPEN)
    return Counter(
        delivered=lane.delivered,
        skipped=lane.skipped,
        in_jobs=open_jobs.aggregate(n=Sum("records", default=0))["n"],
        parked=lane.parked.aggregate(n=Count("id"))["n"],
        quarantined=quarantined.count(),
    )
