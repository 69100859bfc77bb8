"""When a worker that says nothing has to be given up. No clock, no Redis, no Celery.

A worker stands still in two ways that Celery does not notice by itself: its event loop hangs in a
call that never comes back, or the loop turns but no longer asks the broker for messages. Either
counts only for as long as the broker answers us: while it is gone, nobody can take anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What can be seen of a worker at one moment. Times in seconds of a monotonic clock."""

    waiting: Mapping[str, int] | None  # messages in each of its queues; None: no broker
    turned_at: float  # the event loop, last
    took_at: Mapping[str, float]  # a message, last, by queue
    is_busy: bool  # each of its processes works on something


@dataclass(slots=True, kw_only=True)
class Patience:
    """Looks at a worker every `every_s` and knows when it stood still for `limit_s`."""

    limit_s: float
    every_s: float
    _looked_at: float = 0.0
    _fair_since: float = 0.0  # since then we could see it turn
    _hungry_since: dict[str, float] = field(default_factory=dict)  # by queue

    def look(self, now: float, signs: Signs) -> str:
        """Return why the worker is to be given up, as a sentence, or "".

        Nothing is held against it for a time in which we did not look: then the whole machine
        slept, or we did.
        """
        slept = now - self._looked_at > 3 * self.every_s
        self._looked_at = now
        if slept or signs.waiting is None:
            self._fair_since = now
            self._hungry_since.clear()
            return ""
        if now - max(signs.turned_at, self._fair_since) > self.limit_s:
            return f"Its event loop has not turned for {self.limit_s:g} s."
        for queue, messages in signs.waiting.items():
            since = self._hungry_since.setdefault(queue, now)
            if not messages or signs.is_busy or signs.took_at.get(queue, 0.0) > since:
                del self._hungry_since[queue]
            elif now - since > self.limit_s:
                return f"For {self.limit_s:g} s it took none of the messages in {queue}."
        return ""
