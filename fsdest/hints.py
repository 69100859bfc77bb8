"""Hints to the workers: "this is due". What a lost hint leaves behind, the sweep finds.

A hint is sent after the commit, and a broker that is down is logged and forgotten: the page that
caused the hint must not fail because of it.
"""

import atexit
import logging
import os
import threading
from functools import cache

import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from fsdest.celery import app

log = logging.getLogger(__name__)

MOST_WAITING = 10_000  # hints; the sweep finds what the rest were for
LAST_WORDS_S = 3.0  # for what a process has not sent when it ends


def nudge_lane(lane_id: int) -> None:
    """Tell a worker, once the transaction is committed, that the lane is due."""
    _after_commit("fsdest.tasks.work_lane", {"lane_id": lane_id})


def nudge_source(source_id: str) -> None:
    """Tell a worker, once the transaction is committed, that the source is to be read."""
    _after_commit("fsdest.tasks.ingest_upload", {"source_id": source_id})


def nudge_dry_run(run_id: str) -> None:
    """Tell a worker, once the transaction is committed, that the dry run is to be made."""
    _after_commit("fsdest.tasks.dry_run", {"run_id": run_id})


def ask_for_rounds() -> None:
    """Ask for what beat asks for every few seconds: the sweep, and a look at the import jobs.

    Asks nothing of the database, unlike the others.
    """
    for task in ("fsdest.tasks.sweep", "fsdest.tasks.follow_jobs"):
        _send(task, {})


def queues() -> tuple[str, ...]:
    """Return the names of all queues."""
    return tuple(queue.name for queue in settings.CELERY_TASK_QUEUES)


def key_of(queue: str) -> str:
    """Return the key of the Redis list in which the messages of `queue` wait."""
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{queue}"


def nudge_decision(decision_id: int) -> None:
    """Tell a worker, once the transaction is committed, that a decision is to be worked off."""
    _after_commit("fsdest.tasks.work_decision", {"decision_id": decision_id})


def is_first(name: str, *, within_s: int) -> bool:
    """Whether no one asked for `name` within the last seconds; True where Redis cannot tell."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as client:
            return bool(client.set(f"fsdest:first:{name}", 1, nx=True, ex=within_s))
    except RedisError:
        return True


def broker_answers() -> bool:
    """Whether Redis answers within a second."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False


def are_sent(*, within_s: float) -> bool:
    """Wait until this process has no hint left to send; False where that took too long."""
    return _outbox(os.getpid()).flush(within_s=within_s)


def _after_commit(task: str, arguments: dict[str, object]) -> None:
    def send() -> None:
        _send(task, arguments)

    # A def, not a partial: Django's own error path fails on a callable without __qualname__.
    transaction.on_commit(send, robust=True)


def _send(task: str, arguments: dict[str, object]) -> None:
    if not _outbox(os.getpid()).put(task, arguments):
        log.warning("no hint for %s %s: too many wait already", task, arguments)


class _Outbox:
    """Hints on their way out, sent by a thread of their own.

    On a connection that is half open each costs seconds, and a press of Activate makes one for each
    lane: nobody is to wait for that. A hint that waits already is not put in twice.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[str, dict[str, object]]] = {}  # oldest first
        self._changed = threading.Condition()
        self._is_sending = False
        self._thread = self._start()
        atexit.register(self.end, os.getpid())

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="hints", daemon=True)
        thread.start()
        return thread

    def end(self, process: int) -> None:
        """Have what waits sent before `process`, which made this, ends; a fork of it sends none."""
        if os.getpid() == process:
            self.flush(within_s=LAST_WORDS_S)

    def put(self, task: str, arguments: dict[str, object]) -> bool:
        """Have a hint sent soon; False where there is no room for it."""
        with self._changed:
            key = f"{task} {arguments}"
            if len(self._waiting) >= MOST_WAITING and key not in self._waiting:
                return False
            self._waiting[key] = (task, arguments)
            if not self._thread.is_alive():  # of a bug, which it told before it died
                self._thread = self._start()
            self._changed.notify_all()
        return True

    def flush(self, *, within_s: float) -> bool:
        """Wait until all are sent, or given up; False where that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._waiting or self._is_sending), within_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                task, arguments = self._waiting.pop(next(iter(self._waiting)))
                self._is_sending = True
            try:
                app.send_task(task, kwargs=arguments)
            except (OperationalError, RedisError, OSError) as gone:
                log.warning("no hint for %s %s: %s", task, arguments, type(gone).__name__)
            finally:
                with self._changed:
                    self._is_sending = False
                    self._changed.notify_all()


@cache
def _outbox(_process: int) -> _Outbox:  # by process: a fork inherits no thread
    return _Outbox()
