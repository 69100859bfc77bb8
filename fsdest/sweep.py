"""Find what lost hints and dead workers left behind. Safe to run by any number at any time."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from fsdest import hints, ingest
from fsdest.delivery import control, decisions, dryrun, presence, waiting
from fsdest.models import Destination, Lane, Nexset

SAME_HINT_EVERY_S = 10  # busy workers would find a heap of hints for one lane


def sweep(*, now: datetime) -> None:
    """Nudge all that is due and unowned, and end pausing where all are back."""
    presence.end_leases_of_the_dead(now=now)
    _wake_idle_lanes(now)
    for lane_id, due_at in Lane.objects.workable(now).values_list("pk", "due_at"):
        if hints.is_first(f"lane:{lane_id}:{due_at}", within_s=SAME_HINT_EVERY_S):
            hints.nudge_lane(lane_id)
    for source_id in ingest.abandoned(now):
        hints.nudge_source(source_id)
    for run_id in dryrun.abandoned(now)[:1]:  # they are made one after another
        if hints.is_first(f"dry-run:{run_id}", within_s=SAME_HINT_EVERY_S):
            hints.nudge_dry_run(run_id)
    for decision_id in decisions.abandoned(now):
        if hints.is_first(f"decision:{decision_id}", within_s=SAME_HINT_EVERY_S):
            hints.nudge_decision(decision_id)
    pausing = Destination.objects.filter(status=Destination.Status.PAUSING)
    for destination_id in pausing.values_list("pk", flat=True):
        control.finish_pausing(destination_id, now=now)


def _wake_idle_lanes(now: datetime) -> None:
    """Make lanes due that found nothing left at the very moment at which there was something."""
    has_more = Nexset.objects.filter(
        pk=OuterRef("destination__nexset"), record_count__gt=OuterRef("cursor")
    )
    Lane.objects.filter(Exists(has_more), due_at=None).update(due_at=now)
    overlooked = list(waiting.overlooked(now).values_list("pk", flat=True))
    Lane.objects.filter(pk__in=overlooked, lease_until=None).update(due_at=now)
