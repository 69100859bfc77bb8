"""How the delivery stands now, for graphs and alarms. Each question has an index and a bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from fsdest.models import (
    Block,
    Credential,
    Destination,
    ImportJob,
    Lane,
    Parked,
    QuarantinedRecord,
    Source,
)

COUNTED = 100_000  # rows; as many or more look alike, and cost no more
LANE_STATES = ("idle", "due", "waiting", "leased", "paused", "halted")
ACTIVE = Destination.Status.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Counts of records, rows and lanes; ages since something came in."""

    pending: Mapping[str, int]  # records, by status of the destination
    oldest_pending: timedelta  # of active destinations: since it came in or they were activated
    parked: int  # at most COUNTED
    oldest_parked: timedelta
    quarantined: int  # open ones, at most COUNTED
    jobs: int  # import jobs that FullStory has not ended, at most COUNTED
    oldest_job: timedelta
    lanes: Mapping[str, int]  # by state
    lanes_with_parked: int
    credentials_on_hold: int
    files_being_read: int


def standing(now: datetime) -> Standing:
    """Return how the delivery stands at `now`."""
    open_jobs = ImportJob.objects.filter(due_at__isnull=False)
    return Standing(
        pending=_pending(),
        oldest_pending=_oldest_pending(now),
        parked=_up_to(Parked.objects.all()),
        oldest_parked=_since(Parked.objects.aggregate(at=Min("parked_at"))["at"], now),
        quarantined=_up_to(QuarantinedRecord.objects.filter(status="open")),
        jobs=_up_to(open_jobs),
        oldest_job=_since(open_jobs.aggregate(at=Min("created_at"))["at"], now),
        lanes=_lanes(now),
        lanes_with_parked=Lane.objects.filter(
            Exists(Parked.objects.filter(lane=OuterRef("pk")))
        ).count(),
        credentials_on_hold=Credential.objects.filter(hold_until__gt=now).count(),
        files_being_read=Source.objects.filter(status=Source.Status.READING).count(),
    )


def _pending() -> dict[str, int]:
    """Return the records that no lane has taken yet, by status, as the account counts them."""
    saved = Destination.objects.exclude(status=Destination.Status.DRAFT).order_by()
    accepted = saved.values_list("status").annotate(n=Sum("nexset__record_count", default=0))
    taken = Lane.objects.exclude(destination__status=Destination.Status.DRAFT).order_by()
    by_status = dict(taken.values_list("destination__status").annotate(n=Sum("taken", default=0)))
    return {status: n - by_status.get(status, 0) for status, n in accepted}


def _oldest_pending(now: datetime) -> timedelta:
    """Return how long the record has waited that waits longest."""
    behind = Lane.objects.filter(
        destination__status=ACTIVE, cursor__lt=F("destination__nexset__record_count")
    )
    block = Block.objects.filter(
        nexset=OuterRef("destination__nexset"), first_offset__lte=OuterRef("cursor")
    ).order_by("-first_offset")
    came_in = Coalesce(
        Subquery(block.values("came_in_at")[:1]), F("destination__nexset__created_at")
    )
    waits = behind.annotate(came_in=came_in).values_list("came_in", "destination__activated_at")
    since = (max(came, activated or came) for came, activated in waits.order_by())
    return _since(min(since, default=None), now)


def _lanes(now: datetime) -> dict[str, int]:
    """Return how many lanes are in each state. A lane has one state."""
    resting = (Destination.Status.PAUSED, Destination.Status.PAUSING)
    state: Case = Case(
        _when("leased", lease_until__gt=now),
        _when("halted", destination__status=Destination.Status.ERROR),
        _when("paused", destination__status__in=resting),
        _when("idle", due_at=None),
        _when("due", due_at__lte=now),
        default=Value("waiting"),
    )
    saved = Lane.objects.exclude(destination__status=Destination.Status.DRAFT).order_by()
    found = dict(saved.annotate(state=state).values_list("state").annotate(n=Count("pk")))
    return {name: found.get(name, 0) for name in LANE_STATES}


def _when(state: str, **conditions: object) -> When:
    return When(Q(**conditions), then=Value(state))


def _up_to(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:COUNTED].count()


def _since(at: datetime | None, now: datetime) -> timedelta:
    return max(now - at, timedelta(0)) if at else timedelta(0)
