"""Idempotency: the first reply under a key is the reply for a day.

Source: https://developer.fullstory.com/server/idempotent-requests. The bodies of the two conflicts
are not documented: `invalid_argument` for another body, 409 `conflict` while the first is at work.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import orjson

from fsdest.sandbox.calls import Call
from fsdest.sandbox.replies import Reply, error, invalid
from fsdest.sandbox.settings import Settings
from fsdest.sandbox.state import Place, State

OTHER_BODY = invalid("Idempotency-Key was already used with a different request body")
IN_PROGRESS = error(409, "A request with this Idempotency-Key is in progress", "conflict")
_SWEPT_EACH = 50_000  # keys
_COMPARED_AS_JSON = 256 * 1024  # bytes; above, bodies are compared byte by byte


@dataclass(slots=True)
class Kept:
    """What is kept of the first request under a key; no reply while it is at work."""

    body: bytes  # digest
    until: float
    reply: Reply | None = None


class Memory:
    """The replies that are kept, by organization, route and key."""

    def __init__(
        self, settings: Settings, state: State, clock: Callable[[], float] = time.time
    ) -> None:
        self.kept: dict[Place, Kept] = {}
        self._settings = settings
        self._state = state
        self._clock = clock

    def __len__(self) -> int:
        return len(self.kept)

    def begin(self, place: Place, call: Call) -> Reply | None:
        """Return what to answer without working, or None: the call is the first under its key."""
        kept = self.kept.get(place)
        body = fingerprint(call.body)
        if kept is None or kept.until <= self._clock():
            self.kept[place] = Kept(body, self._clock() + self._settings.replay_s)
            if len(self.kept) % _SWEPT_EACH == 0:
                self._forget_the_old()
            return None
        if kept.reply is None:
            return IN_PROGRESS
        return kept.reply if kept.body == body else OTHER_BODY

    def end(self, place: Place, reply: Reply | None) -> None:
        """Keep the reply of a call that had begun, if it is of those that are replayed."""
        if reply is None or not self._is_replayed(reply.status):
            self.kept.pop(place, None)
        elif place in self.kept:
            kept = self.kept[place]
            kept.reply = reply
            self._state.reply(place, kept.body, kept.until, reply)

    def _forget_the_old(self) -> None:
        now = self._clock()
        self.kept = {place: kept for place, kept in self.kept.items() if kept.until > now}

    def _is_replayed(self, status: int) -> bool:
        """429 and what lies above 500 is never replayed; a plain 500 is, says the newest page."""
        if status == 500:
            return self._settings.replay_500
        return status < 500 and status != 429


def fingerprint(body: bytes) -> bytes:
    """Return what two bodies share if they say the same; the order of fields does not matter."""
    if len(body) <= _COMPARED_AS_JSON:
        with suppress(orjson.JSONDecodeError):  # what is no JSON is refused, and replayed so
            body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).digest()[:16]
