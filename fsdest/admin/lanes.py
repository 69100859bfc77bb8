"""Lanes: who works them, how far they are, what they wait for."""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.timezone import now

from fsdest.admin.asked import Told, asks
from fsdest.admin.books import OfDestination, ReadOnly, link, moment
from fsdest.delivery import schedule
from fsdest.models import Lane


@asks("Requeue: make due now", "Make these lanes due now, whatever they wait for?")
def requeue(rows: QuerySet[Lane]) -> Told:
    """Make lanes due now."""
    return _requeued(rows)


def _requeued(rows: QuerySet[Lane]) -> Iterator[tuple[bool, str]]:
    for lane in rows.select_related("destination__organization"):
        done = schedule.requeue(lane, now=now())
        came = "is due now." if done else "is being worked by a worker; nothing was changed."
        yield done, f"Lane {lane.number} of {lane.destination} {came}"


@admin.register(Lane)
class LaneAdmin(ReadOnly):
    list_display = (
        *("name", "of", "cursor_of", "lag", "owner_of", "lease", "due", "waits_for", "failures"),
    )
    list_filter = (OfDestination,)
    list_select_related = ("destination__nexset",)
    actions = (requeue,)
    ordering = ("destination", "number")
    fields = (
        *("of", "number", "cursor_of", "lag", "ahead", "slice_end", "slice_version"),
        *("slice_generations", "owner", "epoch", "lease", "due", "waits_for", "failures"),
        *("taken", "delivered", "skipped", "pruned_delivered"),
    )

    @admin.display(description="lane")
    def name(self, lane: Lane) -> str:
        """Return its number."""
        return f"Lane {lane.number}"

    @admin.display(description="destination")
    def of(self, lane: Lane) -> SafeString | str:
        """Return a link to its destination."""
        return link(lane.destination)

    @admin.display(description="cursor")
    def cursor_of(self, lane: Lane) -> str:
        """Return how far it is in its nexset."""
        return f"{lane.cursor:,} of {lane.destination.nexset.record_count:,}"

    @admin.display(description="behind")
    def lag(self, lane: Lane) -> str:
        """Return how many offsets lie before it, of this lane and of others."""
        return f"{max(0, lane.destination.nexset.record_count - lane.cursor):,}"

    @admin.display(description="owner")
    def owner_of(self, lane: Lane) -> str:
        """Return the beginning of its owner's sign."""
        return lane.owner[:8] or "–"

    @admin.display(description="lease")
    def lease(self, lane: Lane) -> str:
        """Return for how long a worker has it."""
        if lane.lease_until is None:
            return "free"
        left = lane.lease_until - now()
        return f"{left.total_seconds():.0f} s left" if left > timedelta(0) else "ran out"

    @admin.display(description="due (UTC)")
    def due(self, lane: Lane) -> str:
        """Return when it is worked next."""
        return moment(lane.due_at) if lane.due_at else "nothing to do"
