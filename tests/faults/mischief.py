"""Somebody who meddles with the hints in Valkey, in a thread, while a run goes on."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Self

import redis

from tests.faults.office import Office

QUEUES = ("fsdest:drain", "fsdest:ingest", "fsdest:maintenance")
EVERY_S = 0.05
LATE_S = 3.0


class Mischief:
    """Doubles, loses and delays what waits in the queues, for the time of the `with`."""

    def __init__(self, office: Office, chance: random.Random) -> None:
        self._chance = chance
        self._redis = redis.Redis.from_url(str(office.stack.state()["redis_url"]))
        self._is_over = threading.Event()
        self._late: list[tuple[float, str, bytes]] = []
        self.done: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._meddle, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(10)
        self._redis.close()

    def _meddle(self) -> None:
        ways: list[Callable[[str], None]] = [self._multiply, self._lose, self._delay, self._reorder]
        while not self._is_over.wait(EVERY_S):
            self._chance.choice(ways)(self._chance.choice(QUEUES))
            self._bring_the_late()

    def _multiply(self, queue: str) -> None:
        """Each hint that waits is there five times."""
        for message in self._waiting(queue):
            self._redis.lpush(queue, *[message] * 4)
            self.done["doubled"] += 4

    def _lose(self, queue: str) -> None:
        """Half of the hints are lost."""
        for message in self._waiting(queue):
            if self._chance.random() < 0.5:
                self.done["lost"] += int(self._redis.lrem(queue, 1, message))  # type: ignore[arg-type]

    def _delay(self, queue: str) -> None:
        """Hints are taken out, to come back later."""
        for message in self._waiting(queue):
            if self._redis.lrem(queue, 1, message):  # type: ignore[arg-type]
                self._late.append((time.monotonic() + LATE_S, queue, message))
                self.done["late"] += 1

    def _reorder(self, queue: str) -> None:
        """Hints change places."""
        waiting = self._waiting(queue)
        self._chance.shuffle(waiting)
        for message in waiting:
            if self._redis.lrem(queue, 1, message):  # type: ignore[arg-type]
                self._redis.lpush(queue, message)
                self.done["moved"] += 1

    def _bring_the_late(self) -> None:
        for due in [each for each in self._late if each[0] <= time.monotonic()]:
            self._late.remove(due)
            self._redis.lpush(due[1], due[2])

    def _waiting(self, queue: str) -> list[bytes]:
        """Return some of the messages that wait; a heap of copies is enough of a heap."""
        return list(self._redis.lrange(queue, 0, 19))  # type: ignore[arg-type]

    def throw_in(self, queue: str, rubbish: bytes) -> None:
        """Put something into a queue that is no message."""
        self._redis.lpush(queue, rubbish)
