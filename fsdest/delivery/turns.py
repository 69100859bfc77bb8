"""When FullStory may be asked about an import job: it counts that as a call like any other."""

import time
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings

from fsdest.delivery.brake import ASKED, OUR_LIMIT
from fsdest.delivery.pace import Pace
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import Credential

SHARE = 0.5  # of the rate: what is left is for the deliveries, however many jobs are open
PATIENCE_S = 2.0


def limiter(credential: Credential) -> Pace:
    """Return the limiter of `credential`, which all who use it share."""
    return _pace(str(credential.pk), credential.per_second)


def wait(
    credential: Credential, *, now: datetime, patience_s: float = PATIENCE_S
) -> Verdict | None:
    """Wait until one call may be made; return what it waits for, if that takes longer.

    It takes a call that lies ahead, so that many senders cannot leave it without one.
    """
    all_calls = limiter(credential)
    if credential.hold_until and credential.hold_until > now:
        all_calls.hold((credential.hold_until - now).total_seconds())  # Redis may have forgotten it
    if held_s := all_calls.held_for():
        return _not_yet(ASKED, held_s)
    rate = credential.per_second
    asking = _pace(f"{credential.pk}:asking", rate * SHARE if rate else None)
    until = monotonic() + patience_s
    while (wait_s := asking.take()) > 0:
        if monotonic() + wait_s > until:
            return _not_yet(OUR_LIMIT, wait_s)
        time.sleep(wait_s)
    wait_s = all_calls.reserve(longest_s=patience_s)
    if wait_s > patience_s:
        return _not_yet(ASKED if all_calls.held_for() else OUR_LIMIT, wait_s)
    time.sleep(wait_s)
    return None


def _pace(name: str, per_second: float | None) -> Pace:
    burst = max(1, round(per_second or 1))
    return Pace(settings.REDIS_URL, name, per_second=per_second, burst=burst)


def _not_yet(sentence: str, wait_s: float) -> Verdict:
    return Verdict(VerdictKind.HOLD, sentence, wait=timedelta(seconds=wait_s))
