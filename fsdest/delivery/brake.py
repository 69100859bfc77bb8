"""What stops the threads of a slice: the first reason wins, and a halt wins over all."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

FILLING = "Waits for more records to fill a batch."  # the sentence of Stop.FILLING
ASKED = "FullStory asks us to wait."
OUR_LIMIT = "The rate set for this credential allows no more right now."


class Stop(StrEnum):
    """Why no further call starts in this slice."""

    TIME = "time"  # the slice has had its share
    PAUSED = "paused"  # a person said so
    HOLD = "hold"  # FullStory, or our own limit, says: not before `wait`
    IMPORTING = "importing"  # FullStory's import jobs leave no room for another
    FILLING = "filling"  # the batch is not full, and its oldest record may wait
    FAILING = "failing"  # most calls fail: trying again waits for `wait`
    TRIPPED = "tripped"  # those of another lane did: one call probes after `wait`
    HALT = "halt"  # nothing can succeed until a person acts
    LOST = "lost"  # the lease is over: another worker may own the lane


@dataclass(frozen=True, slots=True)
class Reason:
    stop: Stop
    sentence: str = ""
    wait: timedelta = timedelta(0)
    blames: str = ""  # of a halt: see Verdict


class Brake:
    """Shared by the threads of one slice. Once pulled it stays: a record that was left is followed
    by none of its key, which keeps the order of a key across a stop."""

    def __init__(self) -> None:
        self._pulled = threading.Event()
        self._lock = threading.Lock()
        self._calls_until = float("-inf")
        self.reason: Reason | None = None
        self.is_probe = False  # one call at a time, tried once: see delivery.breaker

    def allow_calls_for(self, span: timedelta) -> None:
        """Let calls start for `span` from now on: no longer than the lease can cover."""
        self._calls_until = time.monotonic() + span.total_seconds()

    def pull(self, reason: Reason) -> None:
        """Let no further call start."""
        with self._lock:
            if self.reason is None or reason.stop is Stop.HALT:
                self.reason = reason
        self._pulled.set()

    def is_pulled(self) -> bool:
        """Whether no call may start now; a lease that is running out pulls the brake itself."""
        if not self._pulled.is_set() and time.monotonic() > self._calls_until:
            self.pull(Reason(Stop.LOST))
        return self._pulled.is_set()

    def sleep(self, span_s: float) -> None:
        """Sleep for `span_s` seconds, or until the brake is pulled."""
        self._pulled.wait(span_s)
