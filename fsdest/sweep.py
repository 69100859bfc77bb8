"""Find what lost hints and dead workers left behind. Safe to run by any number at any time."""

from datetime import datetime

from fsdest import hints, ingest
from fsdest.delivery import control
from fsdest.models import Destination, Lane

SAME_LANE_EVERY_S = 10  # busy workers would find a heap of hints for one lane


def sweep(*, now: datetime) -> None:
    """Nudge every lane and file that is due and unowned; finish pausing where the last is back."""
    for lane_id, due_at in Lane.objects.workable(now).values_list("pk", "due_at"):
        if hints.is_first(f"lane:{lane_id}:{due_at}", within_s=SAME_LANE_EVERY_S):
            hints.nudge_lane(lane_id)
    for source_id in ingest.abandoned(now):
        hints.nudge_source(source_id)
    pausing = Destination.objects.filter(status=Destination.Status.PAUSING)
    for destination_id in pausing.values_list("pk", flat=True):
        control.finish_pausing(destination_id, now=now)
