"""The threads of one slice. Calls of one order key go to one thread, so their order holds.

Only while one of them is under way, though. A key that is not goes to the less busy of two threads:
with a thread for each key once and for all, some would stand idle while others had a queue.
"""

import queue
import random
import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from fsdest.delivery.calls import Call, Outcome
from fsdest.delivery.sending import Sender

TELL_AT_ONCE = 16  # calls
TELL_WITHIN_S = 0.005
# By which thread, the keys of its calls, and what came of them.
Told = tuple[int, list[str], list[Outcome]]


class Crew:
    """Threads that make calls. `made` brings their outcomes back to the thread that asked.

    Leaving the `with` block waits for the calls under way: after it, nothing is in flight.
    """

    def __init__(self, size: int, new_sender: Callable[[], Sender]) -> None:
        self._made: queue.SimpleQueue[Told | BaseException] = queue.SimpleQueue()
        self._inboxes: list[queue.SimpleQueue[Call | None]] = [
            queue.SimpleQueue() for _ in range(size)
        ]
        self._new_sender = new_sender
        self._turn = 0
        self._loads = [0] * size  # calls given to each thread and not yet made
        self._holders: dict[str, list[int]] = {}  # by key: its thread, and its calls under way
        self.in_flight = 0  # calls given and not yet made
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(size)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for inbox in self._inboxes:
            inbox.put(None)
        for thread in self._threads:
            thread.join()

    def give(self, call: Call) -> None:
        """Hand `call` to the thread that has its order key, or else to one with little to do."""
        key = _key(call)
        held = self._holders.get(key) if key else None
        if held:
            number = held[0]
            held[1] += 1
        else:
            number = self._next()
            if key:
                self._holders[key] = [number, 1]
        self._loads[number] += 1
        self._inboxes[number].put(call)
        self.in_flight += 1

    def _next(self) -> int:
        """Return the less busy of the thread whose turn it is and one chosen at random."""
        self._turn = (self._turn + 1) % len(self._loads)
        other = int(random.random() * len(self._loads))  # noqa: S311
        return other if self._loads[other] < self._loads[self._turn] else self._turn

    def _release(self, number: int, keys: list[str]) -> None:
        self._loads[number] -= len(keys)
        self.in_flight -= len(keys)
        for key in filter(None, keys):
            held = self._holders[key]
            held[1] -= 1
            if not held[1]:
                del self._holders[key]

    def made(self, *, wait_s: float) -> list[Outcome]:
        """Return all outcomes that are there, waiting up to `wait_s` seconds for the first."""
        outcomes: list[Outcome] = []
        try:
            batch = self._made.get(timeout=wait_s)
            while True:
                if isinstance(batch, BaseException):
                    raise batch
                number, keys, some = batch
                self._release(number, keys)
                outcomes += some
                batch = self._made.get_nowait()
        except queue.Empty:
            return outcomes

    def _work(self, number: int) -> None:
        sender, inbox = None, self._inboxes[number]
        try:
            while (call := inbox.get()) is not None:
                sender = sender or self._new_sender()
                self._report(call, number, sender)
                del call  # a batch holds megabytes, and the next may be long in coming
        except BaseException as bug:
            self._made.put(bug)  # raised where the outcomes are awaited
        finally:
            if sender is not None:
                sender.wire.line.close()

    def _report(self, call: Call, number: int, sender: Sender) -> None:
        """Make `call` and those that wait behind it; tell of several at once while they are fast.

        Each word wakes the thread that awaits it, which costs as much as a third of a call.
        """
        inbox, until = self._inboxes[number], monotonic() + TELL_WITHIN_S
        keys: list[str] = []
        outcomes: list[Outcome] = []
        following: Call | None = call
        try:
            while following is not None:
                keys.append(_key(following))
                outcomes += sender.make(following)
                if len(keys) >= TELL_AT_ONCE or monotonic() > until or inbox.empty():
                    return
                following = inbox.get()
            inbox.put(None)  # for the loop that called
        finally:
            self._made.put((number, keys, outcomes))


def _key(call: Call) -> str:
    return call.payloads[0].order_key if len(call.payloads) == 1 else ""
