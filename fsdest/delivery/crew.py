"""The threads of one slice. Calls of one order key go to one thread, so their order holds."""

import queue
import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from fsdest.delivery.calls import Call, Outcome
from fsdest.delivery.sending import Sender

TELL_AT_ONCE = 16  # calls
TELL_WITHIN_S = 0.005


class Crew:
    """Threads that make calls. `made` brings their outcomes back to the thread that asked.

    Leaving the `with` block waits for the calls under way: after it, nothing is in flight.
    """

    def __init__(self, size: int, new_sender: Callable[[], Sender]) -> None:
        self._made: queue.SimpleQueue[tuple[int, list[Outcome]] | BaseException] = (
            queue.SimpleQueue()
        )
        self._inboxes: list[queue.SimpleQueue[Call | None]] = [
            queue.SimpleQueue() for _ in range(size)
        ]
        self._new_sender = new_sender
        self._turn = 0
        self.in_flight = 0  # calls given and not yet made
        self._threads = [
            threading.Thread(target=self._work, args=(inbox,), daemon=True)
            for inbox in self._inboxes
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
        """Hand `call` to the thread of its order key; calls without one go round."""
        key = call.payloads[0].order_key if len(call.payloads) == 1 else ""
        self._turn += 1
        # Not crc32: it chose the lane, and would leave most threads of a lane without a key.
        turn = hash(key) if key else self._turn
        self._inboxes[turn % len(self._inboxes)].put(call)
        self.in_flight += 1

    def made(self, *, wait_s: float) -> list[Outcome]:
        """Return all outcomes that are there, waiting up to `wait_s` seconds for the first."""
        outcomes: list[Outcome] = []
        try:
            batch = self._made.get(timeout=wait_s)
            while True:
                if isinstance(batch, BaseException):
                    raise batch
                calls, some = batch
                self.in_flight -= calls
                outcomes += some
                batch = self._made.get_nowait()
        except queue.Empty:
            return outcomes

    def _work(self, inbox: "queue.SimpleQueue[Call | None]") -> None:
        sender = None
        try:
            while (call := inbox.get()) is not None:
                sender = sender or self._new_sender()
                self._report(call, inbox, sender)
        except BaseException as bug:
            self._made.put(bug)  # raised where the outcomes are awaited
        finally:
            if sender is not None:
                sender.wire.line.close()

    def _report(self, call: Call, inbox: "queue.SimpleQueue[Call | None]", sender: Sender) -> None:
        """Make `call` and those that wait behind it; tell of several at once while they are fast.

        Each word wakes the thread that awaits it, which costs as much as a third of a call.
        """
        calls, outcomes, until = 0, [], monotonic() + TELL_WITHIN_S
        following: Call | None = call
        try:
            while following is not None:
                calls += 1
                outcomes += sender.make(following)
                if calls >= TELL_AT_ONCE or monotonic() > until or inbox.empty():
                    return
                following = inbox.get()
            inbox.put(None)  # for the loop that called
        finally:
            self._made.put((calls, outcomes))
