"""Lua scripts that run in Redis, each in one step for all workers."""

import os
from collections.abc import Sequence
from functools import cache
from time import monotonic

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

AGAIN_AFTER_S = 1.0  # a dead Redis is left alone for so long, because each question costs time


class Server:
    """The Redis of this process: asked, or left alone for a moment after it failed."""

    def __init__(self, url: str) -> None:
        self._client = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 1),  # asking twice makes us slower, never faster
            socket_timeout=1,
            socket_connect_timeout=1,
        )
        self._scripts: dict[str, Script] = {}
        self.is_down = False
        self._again_at = 0.0

    def ask(self, lua: str, keys: list[str], numbers: Sequence[float]) -> list[int] | None:
        """Run `lua`, which returns numbers; None if Redis is gone, full or not willing."""
        if monotonic() < self._again_at:
            return None
        script = self._scripts.get(lua) or self._scripts.setdefault(
            lua, self._client.register_script(lua)
        )
        try:
            answer = script(keys=keys, args=list(numbers))
        except RedisError:
            self.is_down, self._again_at = True, monotonic() + AGAIN_AFTER_S
            return None
        self.is_down = False
        return [int(number) for number in answer]


def server(url: str) -> Server:
    """Return the server at `url` as this process reaches it; a fork has a connection of its own."""
    return _server(os.getpid(), url)


@cache
def _server(_process: int, url: str) -> Server:
    return Server(url)
