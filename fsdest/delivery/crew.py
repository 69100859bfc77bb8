"""The threads of one slice. Calls of one order key go to one thread, so their order holds.

Only while one of them is under way, though. A key that is not goes to the less busy of two threads:
with a thread for each key once and for all, some would stand idle while others had a queue.

Where the other side is near and answers at once, to wake a thread costs as much as a call. Then few
threads get all calls, and each sends a hand of them over several connections before it reads the
first reply.
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

HAND = 16  # calls that one thread has under way, where the other side is near
NEAR_S = 0.002  # so long takes a call there, with all that is ours
HAND_S = 0.01  # and a hand of them
# By which thread, the keys of its calls, what came of them, and whether the other side is near.
Told = tuple[int, list[str], list[Outcome], bool]


class Crew:
    """Threads that make calls. `made` brings their outcomes back to the thread that asked.

    Leaving the `with` block waits for the calls under way: after it, nothing is in flight.
    """

    def __init__(
        self, size: int, new_sender: Callable[[], Sender], *, may_hand: bool = False
    ) -> None:
        """Take the number of threads, and whether calls without an order key in common may be
        sent before the reply to the one before is there."""
        self._may_hand = may_hand
        self._is_near = False
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

    def most(self, usual: int) -> int:
        """Return how many calls to give before some are made: `usual`, or what keeps one busy."""
        return 2 * HAND if self._is_near else usual

    def _next(self) -> int:
        """Return the first thread with room for a hand, if the other side is near, or else the
        less busy of the thread whose turn it is and one chosen at random."""
        if self._is_near:
            for number, load in enumerate(self._loads):
                if load < 2 * HAND:
                    return number
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
                number, keys, some, self._is_near = batch
                self._release(number, keys)
                outcomes += some
                batch = self._made.get_nowait()
        except queue.Empty:
            if not outcomes:  # somebody waits for long: the others need not wait with him
                self._is_near = False
            return outcomes

    def _work(self, number: int) -> None:
        sender, inbox = None, self._inboxes[number]
        following: Call | None = None  # taken out, and not of the last hand
        is_near = False
        try:
            while call := following or inbox.get():
                hand, following = _hand(call, inbox) if is_near else ([call], None)
                sender = sender or self._new_sender()
                began = monotonic()
                outcomes = sender.make_at_once(hand) if len(hand) > 1 else sender.make(call)
                took_s = monotonic() - began
                is_near = self._may_hand and took_s < (HAND_S if len(hand) > 1 else NEAR_S)
                self._made.put((number, [_key(each) for each in hand], outcomes, is_near))
                del call, hand, outcomes  # of megabytes, it may be, and the next may be long away
        except BaseException as bug:
            self._made.put(bug)  # raised where the outcomes are awaited
        finally:
            if sender is not None:
                sender.close()


def _hand(call: Call, inbox: "queue.SimpleQueue[Call | None]") -> tuple[list[Call], Call | None]:
    """Return `call` and those that wait behind it, up to the first whose key one of them has; that
    is taken out as well."""
    hand, keys = [call], {_key(call)}
    while len(hand) < HAND and not inbox.empty():
        following = inbox.get()
        if following is None:
            inbox.put(None)  # for the loop that called
            break
        key = _key(following)
        if key and key in keys:
            return hand, following
        keys.add(key)
        hand.append(following)
    return hand, None


def _key(call: Call) -> str:
    return call.payloads[0].order_key if len(call.payloads) == 1 else ""
