"""How a delivery stands, as a person wants to know it: share done, speed, time left, waits for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum

from fsdest.delivery import waiting
from fsdest.delivery.account import Balance, balance
from fsdest.models import Destination, ImportJob
from fsdest.models.ledger import LATE_AFTER

SPEED_OVER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Import jobs that FullStory should have finished by now."""

    jobs: int
    records: int
    since: timedelta  # of the oldest


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    balance: Balance
    per_second: float  # records that FullStory took, over the last ten seconds
    time_left: timedelta | None  # None: nothing moves, or nothing is left
    waits_for: str
    waits_until: datetime | None
    parked_until: datetime | None  # when the next parked record is tried again
    late: Late | None

    @property
    def share(self) -> float:
        """The part of the records that is settled, 0 to 1."""
        accepted = self.balance.accepted
        return self.balance.settled / accepted if accepted else 1.0

    @property
    def percent(self) -> int:
        return int(self.share * 100)

    @property
    def is_done(self) -> bool:
        """Whether every record is settled."""
        return self.balance.settled == self.balance.accepted


def progress(destination: Destination, *, now: datetime) -> Progress:
    """Return how the delivery of `destination` stands at `now`."""
    account = balance(destination)
    per_second = _speed(destination, now)
    to_send = account.pending + account.parked
    held = destination.lanes.filter(due_at__gt=now).exclude(waits_for="").order_by("due_at")
    first = held.first() if destination.is_active else None
    return Progress(
        balance=account,
        per_second=per_second,
        time_left=timedelta(seconds=to_send / per_second) if per_second and to_send else None,
        waits_for=first.waits_for if first else "",
        waits_until=first.due_at if first else None,
        parked_until=_parked_until(destination) if account.parked else None,
        late=_late(destination, now) if account.in_jobs else None,
    )


def _parked_until(destination: Destination) -> datetime | None:
    """Return when the first parked record is due that does not queue behind another one."""
    due = (waiting.first_due(lane) for lane in destination.lanes.all())
    return min((at for at in due if at), default=None)


def _late(destination: Destination, now: datetime) -> Late | None:
    late = destination.jobs.filter(
        status=ImportJob.Status.PROCESSING, created_at__lte=now - LATE_AFTER
    ).aggregate(jobs=Count("id"), records=Sum("records"), first=Min("created_at"))
    if not late["jobs"]:
        return None
    return Late(jobs=late["jobs"], records=late["records"], since=now - late["first"])


def _speed(destination: Destination, now: datetime) -> float:
    pages = destination.pages.filter(last_at__gte=now - SPEED_OVER)
    records: int = pages.aggregate(n=Sum("records", default=0))["n"]
    return records / SPEED_OVER.total_seconds()
