"""What is counted while calls are made, added up over all workers in Redis.

A process keeps its counts in memory and adds them once a second at most, when a checkpoint is
written: never for a single call. While Redis is gone they wait; a process that is killed takes
those of its last second with it. They are for graphs and alarms; the account is in the books.
"""

import os
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from django.conf import settings
from redis import Redis, RedisError

from fsdest.delivery import heartbeats
from fsdest.delivery.calls import Exchange
from fsdest.payloads.configuration import Configuration

KEY = "fsdest:counts"  # a hash; a field is the name and the labels, joined by SEPARATOR
SEPARATOR = "|"
EVERY_S = 1.0
AGAIN_AFTER_S = 5.0  # a Redis that did not answer is left alone for so long
# Upper bounds of the latency histogram, in seconds; the last bucket has none.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Meter:
    """The counts of this process that are not in Redis yet. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._due_at = 0.0
        self._client: Redis | None = None

    def count(self, calls: Iterable[Exchange], configurations: Mapping[int, Configuration]) -> None:
        """Take in calls that were made, and add up if that is due."""
        alike: dict[tuple[int, int, str, int], list[float]] = {}  # thousands of calls, few kinds
        for call in calls:
            seconds = call.elapsed.total_seconds()
            place = bisect_left(BOUNDS_S, seconds)
            kind = (call.version, (call.status or 0) // 100, call.verdict.kind, place)
            sums = alike.setdefault(kind, [0, 0, 0.0])
            sums[0] += 1
            sums[1] += len(call.offsets)
            sums[2] += seconds
        fresh: Counter[str] = Counter()
        for (version, status, verdict, place), (n, records, seconds) in alike.items():
            endpoint = configurations[version].endpoint.key
            fresh[f"calls|{endpoint}|{status}xx" if status else f"calls|{endpoint}|none"] += int(n)
            fresh[f"verdicts|{endpoint}|{verdict}"] += int(n)
            fresh[f"records|{endpoint}|{verdict}"] += int(records)
            fresh[f"bucket|{endpoint}|{place}"] += int(n)
            fresh[f"microseconds|{endpoint}"] += round(seconds * 1e6)
        with self._lock:
            self._counts.update(fresh)
        if time.monotonic() >= self._due_at:
            self.add_up()

    def waited(self, seconds: float) -> None:
        """Take in that a thread waits so long for the limiter."""
        with self._lock:
            self._counts["waits"] += 1
            self._counts["waited_microseconds"] += round(seconds * 1e6)

    def add_up(self) -> None:
        """Add what was counted to what all others did; keep it where Redis does not answer."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        self._due_at = time.monotonic() + EVERY_S
        if not counts:
            return
        try:
            self._client = self._client or heartbeats.connect()
            with self._client.pipeline(transaction=True) as pipeline:
                for field, number in counts.items():
                    pipeline.hincrby(KEY, field, number)
                pipeline.execute()
        except RedisError:
            self._due_at = time.monotonic() + AGAIN_AFTER_S
            with self._lock:
                self._counts.update(counts)


def meter() -> Meter:
    """Return the meter of this process."""
    return _meter(os.getpid(), settings.REDIS_URL)


@cache
def _meter(_process: int, _url: str) -> Meter:  # a fork has counts and a connection of its own
    return Meter()


def counts(client: Redis) -> dict[tuple[str, ...], int]:
    """Return all that was counted, by name and labels. Raises RedisError."""
    found = client.hgetall(KEY)
    return {
        tuple(field.decode().split(SEPARATOR)): int(number)
        for field, number in found.items()
        if isinstance(field, bytes)
    }
