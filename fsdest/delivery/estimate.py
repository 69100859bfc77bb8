"""How long a delivery will take at the limits that are known, and what that assumes."""

import math
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.conf import settings
from django.db.models import F

from fsdest.delivery import pages
from fsdest.delivery.forecast import Forecast
from fsdest.delivery.gear import BULK_THREADS
from fsdest.delivery.schedule import MAX_JOBS, MAX_OUTSTANDING
from fsdest.models import Destination, ImportJob
from fsdest.payloads.configuration import Configuration

LOOKED_AT = 20  # of the last calls, and of the last import jobs
# Nobody has told us how fast FullStory answers; only used before the first call.
ASSUMED_CALL_S = 0.2
ASSUMED_BULK_CALL_S = 2.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """`seconds` until the last record is handed over, and sentences on what it rests upon."""

    seconds: float
    assumes: tuple[str, ...]


def estimate(
    destination: Destination, configuration: Configuration, found: Forecast, *, building: timedelta
) -> Estimate:
    """Return how long the calls in `found` will take one worker.

    The longest of: making the requests, which took `building`; the credential's own limit; the
    calls in the air. Waiting for import jobs to make room comes on top.
    """
    if not found.calls:
        return Estimate(0.0, ("There is nothing to send.",))
    in_the_air, said = _in_the_air(destination, configuration, found.calls)
    limited, said_limit = _limited(destination, found.calls)
    waiting, said_jobs = _imports(destination, configuration, found)
    seconds = max(in_the_air, limited, building.total_seconds()) + waiting
    return Estimate(seconds, (said, said_limit, *said_jobs))


def _in_the_air(
    destination: Destination, configuration: Configuration, calls: int
) -> tuple[float, str]:
    past = pages.recent(destination, LOOKED_AT)
    at_once = BULK_THREADS if configuration.batch else settings.CALLS_IN_FLIGHT
    if past:
        call_s = median(call.elapsed.total_seconds() for call in past)
        which = f"the last {len(past)}" if len(past) > 1 else "the last one"
        why = f"as {which} did (median)"
    else:
        call_s = ASSUMED_BULK_CALL_S if configuration.batch else ASSUMED_CALL_S
        why = "which is assumed, since none was made yet"
    took = f"{call_s:.1f} s" if call_s >= 1 else f"{call_s * 1000:.0f} ms"
    sentence = f"One worker, {at_once} calls in the air, each taking {took}, {why}."
    return calls * call_s / min(at_once, calls), sentence


def _limited(destination: Destination, calls: int) -> tuple[float, str]:
    rate = destination.credential.per_second if destination.credential else None
    if not rate:
        return 0.0, "No limit is set on the credential; FullStory's own shows only when it is met."
    return calls / rate, f"At most {rate:g} calls/s, the limit set on the credential."


def _imports(
    destination: Destination, configuration: Configuration, found: Forecast
) -> tuple[float, tuple[str, ...]]:
    """Return the seconds of waiting for import jobs to make room, and what to say about it."""
    if not configuration.endpoint.follow:
        return 0.0, ()
    rounds = max(math.ceil(found.records / MAX_OUTSTANDING), math.ceil(found.calls / MAX_JOBS))
    after = "Importing what was handed over takes FullStory its own time."
    if rounds == 1:
        return 0.0, (after,)
    sentence = (
        f"FullStory has room for {MAX_OUTSTANDING:,} records in {MAX_JOBS} import jobs at a time, "
        f"so they go in {rounds:,} rounds"
    )
    known_s = _job_seconds(destination)
    if known_s is None:
        return 0.0, (f"{sentence}; waiting for a round to be imported is not counted.", after)
    counted = f"{sentence}, each imported in {known_s:.0f} s like the last jobs (median)."
    return (rounds - 1) * known_s, (counted, after)


def _job_seconds(destination: Destination) -> float | None:
    finished = ImportJob.objects.filter(
        destination__credential=destination.credential_id, finished_at__isnull=False
    ).order_by("-finished_at")
    spans = finished.values_list(F("finished_at") - F("created_at"), flat=True)[:LOOKED_AT]
    took = [span.total_seconds() for span in spans]
    return median(took) if took else None
