"""A rate limit of the kind that recharges: off unless a setting turns it on."""

import time
from collections.abc import Callable

from fsdest.sandbox.settings import Settings


class Pulse:
    """A bucket of calls: each takes one, and they come back with time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._level = -1.0  # calls left; below 0: it was never used
        self._seen = 0.0

    def admits(self, settings: Settings) -> bool:
        """Take a call from the bucket; False if it is empty."""
        if not settings.rate_per_s:
            return True
        now = self._clock()
        if self._level < 0:
            self._level = float(settings.burst)
        else:
            grown = self._level + (now - self._seen) * settings.rate_per_s
            self._level = min(float(settings.burst), grown)
        self._seen = now
        if self._level < 1:
            return False
        self._level -= 1
        return True
