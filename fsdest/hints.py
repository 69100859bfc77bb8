"""Hints to the workers: "this is due". What a lost hint leaves behind, the sweep finds.

A hint is sent after the commit, and a broker that is down is logged and forgotten: the page that
caused the hint must not fail because of it.
"""

import logging

import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from fsdest.celery import app

log = logging.getLogger(__name__)


def nudge_lane(lane_id: int) -> None:
    """Tell a worker, once the transaction is committed, that the lane is due."""
    _after_commit("fsdest.tasks.work_lane", {"lane_id": lane_id})


def nudge_source(source_id: str) -> None:
    """Tell a worker, once the transaction is committed, that the source is to be read."""
    _after_commit("fsdest.tasks.ingest_upload", {"source_id": source_id})


def nudge_dry_run(run_id: str) -> None:
    """Tell a worker, once the transaction is committed, that the dry run is to be made."""
    _after_commit("fsdest.tasks.dry_run", {"run_id": run_id})


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


def _after_commit(task: str, arguments: dict[str, object]) -> None:
    def send() -> None:
        try:
            app.send_task(task, kwargs=arguments)
        except (OperationalError, RedisError, OSError) as gone:
            log.warning("no hint for %s %s: %s", task, arguments, type(gone).__name__)

    # A def, not a partial: Django's own error path fails on a callable without __qualname__.
    transaction.on_commit(send, robust=True)
