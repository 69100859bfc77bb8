"""How many calls may be under way at once: it adapts to what the other side bears.

Additive increase, multiplicative decrease: a 429 or a time-out halves it, and each second without
one gives back a fixed part of the whole. What is kept, in Redis, is the share of the whole, for
each credential: all workers and destinations that use it narrow and widen together.
"""

import math
import threading
from time import monotonic

from fsdest.delivery import scripts
from fsdest.delivery.brake import Brake
from fsdest.exchange import NoReply, Reply, Silence

REGAIN_S = 30.0  # from next to nothing to the whole
LEAST = 1 / 64  # of the whole; one call may always be made
CALM_S = 1.0  # calls that were refused together are one sign of trouble
LOOK_S = 0.25

# KEYS: a hash. ARGV: whether to halve, millionths regained each second, least millionths, and
# the microseconds in which it is halved once only. Returns the share in millionths.
SHARE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local halve, regain, least, calm = unpack(ARGV)
local kept = redis.call('HMGET', KEYS[1], 'share', 'at')
local share, at = tonumber(kept[1] or '1000000'), tonumber(kept[2] or '0')
local current = math.min(1000000, share + math.max(now - at, 0) / 1000000 * regain)
if halve == '1' and math.abs(now - at) >= tonumber(calm) then
  current = math.max(current / 2, tonumber(least))
  redis.call('HSET', KEYS[1], 'share', string.format('%.0f', current),
             'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(1000000000 / regain) + 1000)
end
return {math.floor(current)}
"""


class Width:
    """A gate for the threads of one shift. While Redis is gone, each shift adapts by itself."""

    def __init__(
        self, redis_url: str, credential_id: str, *, most: int, regain_s: float = REGAIN_S
    ) -> None:
        self._url, self._keys = redis_url, [f"fsdest:width:{{{credential_id}}}"]
        self._most = most
        self._regain_s = regain_s
        self._free = threading.Condition()
        self._under_way: list[None] = []  # one for each: a list counts without a lock
        self._waiting = 0
        self._share, self._at, self._halved_at = 1.0, monotonic(), -math.inf
        self.allowed = most

    def enter(self, brake: Brake) -> bool:
        """Wait until one more call may be made; False once the brake is pulled."""
        if self.allowed >= self._most:  # as many as there are threads: nobody ever waits
            self._under_way.append(None)
            return True
        with self._free:
            self._waiting += 1  # before the look, so that who leaves meanwhile tells
            try:
                while len(self._under_way) >= self.allowed:
                    if brake.is_pulled():
                        return False
                    self._free.wait(LOOK_S)
                self._under_way.append(None)
                return True
            finally:
                self._waiting -= 1

    def enter_now(self) -> bool:
        """Whether one more call may be made; no waiting."""
        if self.allowed >= self._most and len(self._under_way) < self._most:
            self._under_way.append(None)
            return True
        with self._free:
            may_enter = len(self._under_way) < self.allowed
            if may_enter:
                self._under_way.append(None)
            return may_enter

    def leave(self) -> None:
        """The call that entered is back."""
        self._under_way.pop()
        if self._waiting:
            with self._free:
                self._free.notify()

    def narrow(self) -> None:
        """Take in that the other side refused a call, or let it time out, for being too much."""
        self._ask(halve=True)

    def look(self) -> None:
        """Learn what the other workers found out. To be called a few times a second."""
        self._ask(halve=False)

    def _ask(self, *, halve: bool) -> None:
        numbers = [int(halve), 1e6 / self._regain_s, LEAST * 1e6, CALM_S * 1e6]
        answer = scripts.server(self._url).ask(SHARE, self._keys, numbers)
        share = answer[0] / 1e6 if answer else self._share_alone(halve=halve)
        with self._free:
            self._share, self._at = share, monotonic()
            self.allowed = max(1, math.ceil(self._most * share))
            self._free.notify_all()

    def _share_alone(self, *, halve: bool) -> float:
        now = monotonic()
        share = min(1.0, self._share + (now - self._at) / self._regain_s)
        if halve and now - self._halved_at >= CALM_S:
            self._halved_at = now
            share = max(share / 2, LEAST)
        return share


def is_too_much(reply: Reply | NoReply) -> bool:
    """Whether fewer calls at once may be what the other side needs."""
    if isinstance(reply, NoReply):
        return reply.silence is Silence.TIMEOUT
    return reply.status == 429
