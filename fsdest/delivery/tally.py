"""Whether failures are general: the other side is down, and parking each record would be wrong."""

import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta

SPAN_S = 60.0
ENOUGH_CALLS = 10
MOST_CALLS = 40  # an outage would take a minute to show among all the calls that went well


class Tally:
    """Counts the last calls, none older than a minute. Shared by the threads of a shift."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: deque[tuple[float, bool]] = deque()
        self._failures = 0

    def count(self, *, is_failure: bool) -> None:
        """Take in one call; a failure is one that may succeed later, not a refused record."""
        now = time.monotonic()
        with self._lock:
            self._recent.append((now, is_failure))
            self._failures += is_failure
            while len(self._recent) > MOST_CALLS or self._recent[0][0] < now - SPAN_S:
                self._failures -= self._recent.popleft()[1]

    def is_general(self) -> bool:
        """Return whether at least ten calls were made of late and half of them failed."""
        with self._lock:
            return len(self._recent) >= ENOUGH_CALLS and self._failures * 2 >= len(self._recent)

    def failing_since(self) -> datetime:
        """Return when the first of the last failures was counted, or now where none was."""
        with self._lock:
            first = next((at for at, is_failure in self._recent if is_failure), time.monotonic())
            return datetime.now(UTC) - timedelta(seconds=time.monotonic() - first)
