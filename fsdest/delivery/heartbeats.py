"""Which workers there are: who they are, when they were last seen, what they work on.

Each worker tells it every few seconds in Redis: it is true for a moment only, and must cost the
database nothing. What a worker has claimed is read from the database, by the sign it claims with.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from fsdest.models import DryRun, ImportJob, Lane, Source
from fsdest.signature import WORKER

KEY = "fsdest:workers"  # a hash: one field for each worker
ANSWERED = "fsdest:answered"  # a hash: when a worker took a message, by queue; outlives workers
EVERY = timedelta(seconds=5)  # between two heartbeats
LOST_AFTER = timedelta(seconds=20)  # without one, a worker is dead, cut off, or stands still
FORGOTTEN_AFTER = timedelta(hours=1)
JOBS_SHOWN = 20  # of what a worker works on, for each kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a worker tells of itself. Times are aware."""

    sign: str  # what it claims is signed with this and more
    name: str  # drain@host
    host: str
    pid: int
    queues: tuple[str, ...]
    processes: int
    started_at: datetime
    seen_at: datetime
    took_at: Mapping[str, datetime] = field(default_factory=dict)  # last message, by queue
    is_busy: bool = False  # every process of it works on something

    def is_lost(self, now: datetime) -> bool:
        """Whether it said nothing of late."""
        return now - self.seen_at > LOST_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing that a worker has claimed, until its lease ends."""

    kind: str  # "lane", "import job", "file" or "dry run"
    title: str
    id: str  # of the destination; of the source for a file
    lease_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker as an operator sees it."""

    heartbeat: Heartbeat
    is_lost: bool  # no heartbeat of late
    works_on: tuple[Work, ...] = ()


def connect() -> Redis:
    """Return a client that gives up within about two seconds."""
    return Redis.from_url(
        settings.REDIS_URL,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=1,
        socket_connect_timeout=1,
    )


def tell(client: Redis, heartbeat: Heartbeat) -> None:
    """Tell that a worker lives, and what it took of late. Raises RedisError."""
    told = json.dumps(asdict(heartbeat), default=datetime.isoformat)
    with client.pipeline(transaction=True) as pipeline:
        pipeline.hset(KEY, heartbeat.sign, told)
        for queue, at in heartbeat.took_at.items():
            if heartbeat.seen_at - at <= 2 * EVERY:  # what is older was told, perhaps by others
                pipeline.hset(ANSWERED, queue, at.isoformat())
        pipeline.execute()


def forget(client: Redis, signs: Iterable[str]) -> None:
    """Tell no more of workers that have ended. Raises RedisError."""
    if ended := list(signs):
        client.hdel(KEY, *ended)


def heartbeats(client: Redis) -> list[Heartbeat]:
    """Return what each worker told last. Raises RedisError."""
    return sorted((_read(each) for each in client.hvals(KEY)), key=lambda beat: beat.name)


def replaced(client: Redis, name: str, *, now: datetime) -> list[str]:
    """Return the signs of earlier workers called `name`, and of all that were not seen for an hour.

    Raises RedisError.
    """
    return [
        each.sign
        for each in heartbeats(client)
        if each.name == name or now - each.seen_at > FORGOTTEN_AFTER
    ]


def answers(client: Redis, *, now: datetime) -> dict[str, timedelta]:
    """Return for how long no worker took a message from each queue. Raises RedisError.

    A queue that nobody ever served is missing. A worker that is seen and has its hands full answers
    too: it takes the next one when it can.
    """
    found = {
        queue.decode(): max(now - datetime.fromisoformat(at.decode()), timedelta(0))
        for queue, at in client.hgetall(ANSWERED).items()
        if isinstance(queue, bytes) and isinstance(at, bytes)
    }
    for each in heartbeats(client):
        if each.is_busy and not each.is_lost(now):
            found |= dict.fromkeys(each.queues, timedelta(0))
    return found


def answers_now(now: datetime) -> dict[str, timedelta]:
    """Return the same, or nothing where Redis cannot tell."""
    try:
        with connect() as client:
            return answers(client, now=now)
    except RedisError:
        return {}


def workers(now: datetime) -> list[Worker] | None:
    """Return the workers of the last hour, by name, or None where Redis cannot tell."""
    try:
        with connect() as client:
            found = heartbeats(client)
    except RedisError:
        return None
    works = _works(now)
    return [
        Worker(heartbeat=each, is_lost=each.is_lost(now), works_on=tuple(works.get(each.sign, ())))
        for each in found
        if now - each.seen_at <= FORGOTTEN_AFTER
    ]


def _read(told: bytes | str) -> Heartbeat:
    fields = json.loads(told)
    for name in ("started_at", "seen_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    fields["queues"] = tuple(fields["queues"])
    took = fields["took_at"].items()
    fields["took_at"] = {queue: datetime.fromisoformat(at) for queue, at in took}
    return Heartbeat(**fields)


def _works(now: datetime) -> dict[str, list[Work]]:
    """Return what is claimed, by the sign of the worker. A claim without an owner is nobody's."""
    works: dict[str, list[Work]] = {}
    for owner, work in [*_lanes(now), *_jobs(now), *_files(now), *_dry_runs(now)]:
        mine = works.setdefault(owner[:WORKER], [])
        if sum(each.kind == work.kind for each in mine) < JOBS_SHOWN:
            mine.append(work)
    return works


def _lanes(now: datetime) -> Iterable[tuple[str, Work]]:
    claimed = Lane.objects.filter(owner__gt="", lease_until__gt=now)
    rows = claimed.values_list("owner", "number", "destination__name", "destination", "lease_until")
    for owner, number, name, destination, until in rows:
        title = f"lane {number} of {name}"
        yield owner, Work(kind="lane", title=title, id=str(destination), lease_until=until)


def _jobs(now: datetime) -> Iterable[tuple[str, Work]]:
    claimed = ImportJob.objects.filter(due_at__isnull=False, owner__gt="", lease_until__gt=now)
    rows = claimed.values_list("owner", "job_id", "destination", "lease_until")
    for owner, job, destination, until in rows:
        title = f"import job {job}"
        yield owner, Work(kind="import job", title=title, id=str(destination), lease_until=until)


def _files(now: datetime) -> Iterable[tuple[str, Work]]:
    claimed = Source.objects.filter(status=Source.Status.READING, owner__gt="", lease_until__gt=now)
    for owner, name, source, until in claimed.values_list("owner", "name", "pk", "lease_until"):
        yield owner, Work(kind="file", title=name, id=str(source), lease_until=until)


def _dry_runs(now: datetime) -> Iterable[tuple[str, Work]]:
    claimed = DryRun.objects.filter(status=DryRun.Status.RUNNING, owner__gt="", lease_until__gt=now)
    rows = claimed.values_list("owner", "destination__name", "destination", "lease_until")
    for owner, name, destination, until in rows:
        title = f"dry run of {name}"
        yield owner, Work(kind="dry run", title=title, id=str(destination), lease_until=until)
