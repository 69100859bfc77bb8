"""The time by which leases and due times are kept: that of the database, for all workers.

Clocks of machines differ. A worker whose clock is ahead would take others for dead, and one whose
clock is behind would not see what is due. So each process learns how far the database is from its
own steady clock, and looks again from time to time; a clock that is set meanwhile changes nothing.
"""

import os
import threading
from datetime import UTC, datetime
from functools import cache
from time import monotonic

from django.db import connection
from django.utils import timezone

AGAIN_AFTER_S = 60.0


class _Offset:
    """From this process's steady clock to the time of the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._learned_at = float("-inf")

    def now(self) -> datetime:
        with self._lock:
            if monotonic() - self._learned_at >= AGAIN_AFTER_S:
                self._learn()
            return datetime.fromtimestamp(monotonic() + self._seconds, UTC)

    def _learn(self) -> None:
        asked_at = monotonic()
        at = _ask()
        self._learned_at = monotonic()
        # It was that time somewhere between question and answer.
        self._seconds = at.timestamp() - (asked_at + self._learned_at) / 2


def now() -> datetime:
    """Return the time of the database, in UTC. SQLite has that of its machine, which is ours."""
    if connection.vendor != "postgresql":
        return timezone.now()
    return _offset(os.getpid()).now()


@cache
def _offset(_process: int) -> _Offset:
    return _Offset()


def _ask() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return datetime.fromtimestamp(float(cursor.fetchone()[0]), UTC)
