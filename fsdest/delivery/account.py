"""The account of a destination: in which place each of its records is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import (
    Aggregate,
    Count,
    F,
    Manager,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from fsdest.models import Destination, ImportJob, Lane, Parked, QuarantinedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """accepted = delivered + in_jobs + pending + parked + skipped + quarantined, in records."""

    accepted: int
    delivered: int
    in_jobs: int
    pending: int
    parked: int
    skipped: int
    quarantined: int

    @property
    def settled(self) -> int:
        """Records whose outcome is final unless a person acts."""
        return self.delivered + self.skipped + self.quarantined

    @property
    def is_balanced(self) -> bool:
        """Whether each record is in exactly one place, and none in less than none."""
        places = self.settled + self.in_jobs + self.pending + self.parked
        return self.pending >= 0 and self.accepted == places


def balance(destination: Destination) -> Balance:
    """Return the account of `destination` as the books have it, at one moment.

    `pending` is counted on its own, from what the lanes took, so the account can fail to balance.
    """
    return balances(Destination.objects.filter(pk=destination.pk))[destination.pk]


def balances(destinations: QuerySet[Destination]) -> dict[UUID, Balance]:
    """Return the account of each of `destinations`, at one moment."""
    open_jobs = ImportJob.objects.filter(status=ImportJob.Status.PROCESSING)
    open_quarantine = QuarantinedRecord.objects.filter(status=QuarantinedRecord.Status.OPEN)
    # One statement: between two, a worker's checkpoint would make the sums disagree.
    accounts = (
        destinations.order_by()
        .annotate(
            accepted=F("nexset__record_count"),
            taken=_total(Lane.objects, Sum("taken")),
            delivered=_total(Lane.objects, Sum("delivered")),
            skipped=_total(Lane.objects, Sum("skipped")),
            in_jobs=_total(open_jobs, Sum("records")),
            waiting=_total(Parked.objects, Count("id")),
            set_aside=_total(open_quarantine, Count("id")),
        )
        .values(
            "pk", "accepted", "taken", "delivered", "skipped", "in_jobs", "waiting", "set_aside"
        )
    )
    return {row["pk"]: _balance(row) for row in accounts}


def _balance(row: Mapping[str, Any]) -> Balance:
    return Balance(
        accepted=row["accepted"],
        delivered=row["delivered"],
        in_jobs=row["in_jobs"],
        pending=row["accepted"] - row["taken"],
        parked=row["waiting"],
        skipped=row["skipped"],
        quarantined=row["set_aside"],
    )


def _total(rows: QuerySet[Any] | Manager[Any], what: Aggregate) -> Coalesce:
    """Return `what` over the `rows` of the destination at hand, as part of one statement."""
    mine = rows.filter(destination=OuterRef("pk")).order_by()
    return Coalesce(Subquery(mine.values("destination").annotate(n=what).values("n")), 0)
