"""A thread of each worker that tells that it lives, and ends it when it stands still.

Celery's Redis broker has had workers that went on running and took no more messages, after a
reconnect or on a connection that was half open. Whoever started the worker starts another one:
bin/supervisor.py, or the container's restart rule. What it had claimed others go on with, under the
same idempotency keys. The thread uses no database: the worker forks, and a fork would inherit it.
"""

import logging
import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import bootsteps
from celery.signals import task_received, worker_init, worker_ready, worker_shutting_down
from celery.worker import state
from django.conf import settings
from django.utils.timezone import now
from redis import RedisError

from fsdest import hints, signature
from fsdest.celery import app
from fsdest.delivery import heartbeats
from fsdest.delivery.heartbeats import Heartbeat
from fsdest.patience import Patience, Signs

log = logging.getLogger(__name__)

TURN_S = 1.0  # at least so often the event loop turns
LAST_WORD_S = 45.0  # for what has begun, where the loop still turns
GAVE_UP = 70  # exit code
ROUNDS = "maintenance"  # the queue into which beat sends every few seconds
BEAT_IS_SILENT_S = 2.0 * settings.CANARY_EVERY_S


class Watchdog:
    """Knows what can be seen of the worker in whose main process it lives."""

    def __init__(self, *, name: str, queues: tuple[str, ...], processes: int) -> None:
        self.name, self.queues, self.processes = name, queues, processes
        self.sign = signature.begin_worker()
        self.started_at = now()
        self.turned_at = self.began_at = time.monotonic()  # began_at: or last stood in for beat
        self.took_at: dict[str, float] = {}
        self.is_over = threading.Event()
        self.patience = Patience(
            limit_s=settings.WATCHDOG_S, every_s=heartbeats.EVERY.total_seconds()
        )
        self._client = heartbeats.connect()

    def start(self) -> None:
        """Begin to look, in a thread of our own."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def end(self) -> None:
        """Look no more: the worker finishes what it has begun."""
        self.is_over.set()
        try:
            heartbeats.forget(self._client, [self.sign])
        except RedisError:
            log.info("the broker does not know that this worker ends")

    @property
    def is_busy(self) -> bool:
        return len(state.active_requests) >= self.processes

    def _watch(self) -> None:
        self._forget_the_lost()
        while not self.is_over.is_set():
            self.stand_in_for_beat()
            waiting = self._tell()
            signs = Signs(
                waiting=waiting,
                turned_at=self.turned_at,
                took_at=dict(self.took_at),
                is_busy=self.is_busy,
            )
            if why := self.patience.look(time.monotonic(), signs):
                self._give_up(why)
            self.is_over.wait(self.patience.every_s)

    def _tell(self) -> dict[str, int] | None:
        """Tell that we live; return the messages in our queues, or None without a broker."""
        try:
            heartbeats.tell(self._client, self._heartbeat())
            return {queue: self._client.llen(hints.key_of(queue)) for queue in self.queues}
        except RedisError:
            return None

    def _heartbeat(self) -> Heartbeat:
        took = {queue: _aware(at) for queue, at in dict(self.took_at).items()}
        return Heartbeat(
            sign=self.sign,
            name=self.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            queues=self.queues,
            processes=self.processes,
            started_at=self.started_at,
            seen_at=now(),
            took_at=took,
            is_busy=self.is_busy,
        )

    def stand_in_for_beat(self) -> None:
        """Ask for the rounds ourselves where beat, which does so every few seconds, is silent.

        Then a lost hint waits longer for the sweep, but not for somebody who starts beat again.
        """
        if ROUNDS not in self.queues or self.is_busy:
            return
        since = max(self.took_at.get(ROUNDS, 0.0), self.began_at)
        if time.monotonic() - since > BEAT_IS_SILENT_S:
            log.warning("no word of beat for %.0f s: asking for the rounds", BEAT_IS_SILENT_S)
            self.began_at = time.monotonic()
            hints.ask_for_rounds()

    def _forget_the_lost(self) -> None:
        """Forget whose name we bear, which we were started in the place of, and old ones."""
        try:
            signs = heartbeats.replaced(self._client, self.name, now=now())
            heartbeats.forget(self._client, signs)
        except RedisError:
            log.info("the broker does not answer yet")

    def _give_up(self, why: str) -> None:
        """End this worker, warmly if its loop still turns."""
        log.critical("%s is given up. %s", self.name, why)
        if time.monotonic() - self.turned_at <= self.patience.limit_s:
            state.should_stop = GAVE_UP  # type: ignore[assignment]  # its loop looks there
            self.is_over.wait(LAST_WORD_S)
        os._exit(GAVE_UP)


def _aware(monotonic: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic)


_ours: list[Watchdog] = []  # at most one: a process is one worker


class Turning(bootsteps.StartStopStep):
    """Notes that the event loop turns; started again with each connection, as its timers are."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Have the loop of `consumer` say that it turns."""
        note_turn()
        consumer.timer.call_repeatedly(TURN_S, note_turn)


def note_turn() -> None:
    """Note that the event loop turns now."""
    for watchdog in _ours:
        watchdog.turned_at = time.monotonic()


@worker_init.connect
def _begin(sender: Any, **_more: object) -> None:
    # Before the pool forks: its processes sign as this worker.
    queues = tuple(sorted(sender.app.amqp.queues.consume_from))
    _ours[:] = [
        Watchdog(name=sender.hostname, queues=queues, processes=int(sender.concurrency or 1))
    ]


@worker_ready.connect
def _look(**_more: object) -> None:
    for watchdog in _ours:
        watchdog.start()


@task_received.connect
def _note_message(request: Any, **_more: object) -> None:
    queue = (request.delivery_info or {}).get("routing_key", "")
    for watchdog in _ours:
        watchdog.took_at[queue] = time.monotonic()


@worker_shutting_down.connect
def _end(**_more: object) -> None:
    for watchdog in _ours:
        watchdog.end()


app.steps["consumer"].add(Turning)
