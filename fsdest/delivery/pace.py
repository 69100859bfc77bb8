"""The limiter of one credential, shared through Redis by all workers and destinations.

A rate is kept by the generic cell rate algorithm: one number in Redis, the time at which all
that was granted will have been earned. A hold, which FullStory asks for with a 429, is another
number. Both are on the clock of Redis, so that the clocks of workers do not matter.
"""

import math
import os
import threading
from dataclasses import dataclass, field
from functools import cache
from time import monotonic

from fsdest.delivery import scripts

ALLOTMENT_S = 0.02  # what one question may bring is spent within this time, or lost
REST_S = 0.005  # between two questions while more is wanted than there is
LONGEST_HOLD_S = 365 * 86_400.0
FALLBACK_SHARE = 0.5  # of the rate, for each process, while Redis is gone

# KEYS: time earned up to, hold. ARGV: microseconds for one, burst, least and most to grant.
# Returns how many are granted, or 0 and the microseconds to wait, and whether that is a hold.
# An earned time far ahead can only come from a clock that was set back.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local hold = tonumber(redis.call('GET', KEYS[2]) or '0')
if hold > now then return {0, hold - now, 1} end
local each, burst, least, most = unpack(ARGV)
local room = math.max(burst, least) * each
local earned = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if earned > now + room + 60000000 then earned = now end
local granted = math.min(most, math.floor((now + room - earned) / each))
if granted < tonumber(least) then return {0, math.ceil(earned + least * each - room - now), 0} end
earned = earned + granted * each
redis.call('SET', KEYS[1], string.format('%.0f', earned), 'PX',
           math.ceil((earned - now) / 1000) + 1000)
return {granted, 0, 0}
"""

# KEYS: as above. ARGV: microseconds for one, burst, longest wait. Returns the microseconds until
# the call that was taken may be made, or, where that is longer, until it could be: none was taken.
RESERVE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local hold = tonumber(redis.call('GET', KEYS[2]) or '0')
local each, burst, longest = unpack(ARGV)
local earned = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if earned > now + (burst + 1) * each + 60000000 then earned = now end
local wait = math.ceil(math.max(earned + each - burst * each - now, hold - now, 0))
if wait <= tonumber(longest) then
  earned = earned + each
  redis.call('SET', KEYS[1], string.format('%.0f', earned), 'PX',
             math.ceil((earned - now) / 1000) + 1000)
end
return {wait}
"""

# KEYS: hold. ARGV: microseconds from now. Returns the microseconds that the hold lasts.
HOLD = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local hold = tonumber(redis.call('GET', KEYS[1]) or '0')
local wanted = now + ARGV[1]
if wanted > now and wanted > hold then
  hold = wanted
  redis.call('SET', KEYS[1], string.format('%.0f', hold), 'PX', math.ceil((hold - now) / 1000) + 1)
end
return {math.max(hold - now, 0)}
"""


@dataclass(slots=True)
class _Share:
    """What this process knows and holds of one credential's limit. Times are monotonic()."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held_until: float = 0.0
    ask_at: float = 0.0  # Redis told us to wait until then
    left: int = 0  # granted and not yet spent
    left_until: float = 0.0
    spent: int = 0  # since the last question
    asked_at: float = 0.0
    earned_at: float = 0.0  # of the limiter of our own, while Redis is gone

    def remember_hold(self, seconds: float) -> None:
        self.held_until = max(self.held_until, monotonic() + seconds)
        self.left = 0


# By process, because a lock may not be shared with a fork of it.
@cache
def _share(_process: int, _url: str, _credential_id: str) -> _Share:
    return _Share()


class Pace:
    """Grants calls at `per_second`, up to `burst` at once after a rest; None: holds only.

    Safe for threads and forks; cheap to make: what it knows belongs to the process. If Redis
    is gone or full it raises nothing: `is_degraded` turns true, each process goes on alone at
    half the rate without a burst, and it keeps to the holds that it knows of. Holds that
    must outlive Redis are the caller's to keep.
    """

    def __init__(
        self, redis_url: str, credential_id: str, *, per_second: float | None, burst: int
    ) -> None:
        if burst < 1 or (per_second is not None and not 0 < per_second < math.inf):
            raise ValueError("A rate and a burst must be more than nothing.")
        self._url, self._credential_id = redis_url, credential_id
        self._per_second, self._burst = per_second, burst
        self._process = 0  # whose share is kept
        key = f"fsdest:pace:{{{credential_id}}}"  # braces: both keys on one node of a cluster
        self._keys = [f"{key}:earned", f"{key}:hold"]

    @property
    def is_degraded(self) -> bool:
        """Whether Redis did not answer when it was last asked."""
        return self._server.is_down

    def take(self, n: int = 1) -> float:
        """Take `n` calls; return 0.0, or the seconds to wait before asking again.

        Waits for Redis for 2 s at most, once a second at most. A hold that another process
        has set is seen within 20 ms.
        """
        share = self._share
        if self._per_second is None and share.held_until <= monotonic() < share.ask_at:
            return 0.0  # most calls: no need to queue for the lock
        with share.lock:
            now = monotonic()
            if now < share.held_until:
                return share.held_until - now
            if self._per_second is None:
                return self._look_for_hold(share, now)
            if n <= share.left and now < share.left_until:
                share.left -= n
                share.spent += n
                return 0.0
            if now < share.ask_at:
                return share.ask_at - now
            return self._ask(share, n, self._per_second)

    def reserve(self, *, longest_s: float) -> float:
        """Take a call before its time; return the seconds until then.

        If they are more than `longest_s`, none was taken. What was taken so comes before what
        others ask for later. While Redis is gone it is as `take`.
        """
        if self._per_second is None:
            return self.held_for()
        share = self._share
        numbers = [1e6 / self._per_second, self._burst, longest_s * 1e6]
        with share.lock:
            held_s = max(share.held_until - monotonic(), 0.0)
            if held_s > longest_s:
                return held_s
            answer = self._server.ask(RESERVE, self._keys, numbers)
            if answer is not None:
                return max(answer[0] / 1e6, held_s)
            wait_s = _take_alone(share, 1, self._per_second * FALLBACK_SHARE)
            return longest_s + wait_s if wait_s else held_s

    def hold(self, seconds: float) -> None:
        """Grant nothing to anyone for `seconds` from now; never shortens a hold."""
        if not seconds > 0:
            return
        seconds = min(seconds, LONGEST_HOLD_S)
        with self._share.lock:
            self._share.remember_hold(seconds)
            self._server.ask(HOLD, self._keys[1:], [math.ceil(seconds * 1e6)])

    def held_for(self) -> float:
        """Return the seconds for which nothing will be granted because of a hold, or 0.0."""
        share = self._share
        with share.lock:
            self._learn_hold(share)
            return max(share.held_until - monotonic(), 0.0)

    @property
    def _server(self) -> scripts.Server:
        return scripts.server(self._url)

    @property
    def _share(self) -> _Share:
        process = os.getpid()
        if process != self._process:
            self._kept = _share(process, self._url, self._credential_id)
            self._process = process  # last: another thread may look at it meanwhile
        return self._kept

    def _look_for_hold(self, share: _Share, now: float) -> float:
        if now >= share.ask_at:
            share.ask_at = now + ALLOTMENT_S  # the other threads go on while this one asks
            self._learn_hold(share)
            share.ask_at = monotonic() + ALLOTMENT_S
        return max(share.held_until - now, 0.0)

    def _learn_hold(self, share: _Share) -> None:
        answer = self._server.ask(HOLD, self._keys[1:], [0])
        if answer and answer[0]:
            share.remember_hold(answer[0] / 1e6)

    def _ask(self, share: _Share, n: int, per_second: float) -> float:
        most = self._most(share, n, per_second)
        numbers = [1e6 / per_second, self._burst, n, most]
        answer = self._server.ask(TAKE, self._keys, numbers)
        if answer is None:
            return _take_alone(share, n, per_second * FALLBACK_SHARE)
        granted, wait_us, is_hold = answer
        if is_hold:
            share.remember_hold(wait_us / 1e6)
            return wait_us / 1e6
        now = monotonic()
        wait_s = wait_us / 1e6
        if granted < most:
            # Half of a burst at most, because what is earned beyond a burst is lost.
            wait_s = max(wait_s, min(REST_S, self._burst / per_second / 2))
            share.ask_at = now + wait_s
        if not granted:
            return wait_s
        share.left, share.left_until = granted - n, now + ALLOTMENT_S
        share.spent, share.asked_at = n, now
        return 0.0

    def _most(self, share: _Share, n: int, per_second: float) -> int:
        """Return how many to ask for: as many as were spent lately in the time they live.

        More would be lost, and the other processes would go without.
        """
        lately = share.spent / max(monotonic() - share.asked_at, 1e-6) * ALLOTMENT_S
        return max(n, int(min(lately, per_second * ALLOTMENT_S)))


def _take_alone(share: _Share, n: int, per_second: float) -> float:
    now = monotonic()
    if now < share.earned_at:
        return share.earned_at - now
    share.earned_at = now + n / per_second
    return 0.0
