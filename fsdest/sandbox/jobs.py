"""Import jobs: accepted at once, worked in small steps, reported when their time has come.

Source: https://developer.fullstory.com/server/asynchronous-workflows/ and the batch pages. 100 run
side by side and 100 more wait; beyond, or above 500,000 operations, a call is answered 429.
"""

import asyncio
import random
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from fsdest.sandbox.rules import Item
from fsdest.sandbox.settings import Settings
from fsdest.sandbox.state import State

STEP = 250  # items, then a look at the clock
TURN_S = 0.004  # of work, then other calls have their turn

Family = Literal["users", "events"]
Apply = Callable[["Job", list[Item]], None]  # puts items into the job's imports or errors


@dataclass(slots=True, kw_only=True)
class Job:
    """An import job. What it holds of its items goes from `items` to `imports` and `errors`."""

    id: str
    family: Family
    items: list[Item]
    apply: Apply
    created: datetime
    size: int
    shared: Item = field(default_factory=dict)  # of events: {"context": ...}
    idempotency_key: str | None = None
    request: int = 0  # number in the ledger
    polls: int = 0
    taken: int = 0  # items that are imported, but not in `imports` until people.settle()
    imports: list[Any] = field(default_factory=list)
    errors: list[Item] = field(default_factory=list)
    finished: datetime | None = None

    def describe(self, settings: Settings) -> dict[str, Any]:
        """Return the job as the create and status replies show it."""
        shown = {"id": self.id, "status": self.status(settings), "created": stamp(self.created)}
        if self.finished:
            shown["finished"] = stamp(self.finished)
        return shown

    @property
    def imported(self) -> int:
        """How many items are imported."""
        return self.taken or len(self.imports)

    def status(self, settings: Settings) -> str:
        """PROCESSING, then COMPLETED or, if any item failed, FAILED."""
        if self.finished is None:
            return "PROCESSING"
        if self.errors and not settings.completed_with_errors:
            return "FAILED"
        return "COMPLETED"


class Jobs:
    """All jobs of the organization; users and events share the limits."""

    def __init__(self, settings: Settings, state: State) -> None:
        self.all: dict[str, Job] = {}
        self.operations = 0  # items of jobs that are not finished
        self._settings = settings
        self._state = state
        self._running: dict[str, asyncio.Task[None]] = {}
        self._waiting: deque[Job] = deque()
        self._turn = asyncio.Lock()  # jobs are worked one after the other
        self._random = random.Random()  # noqa: S311 - an id, not a secret

    @property
    def in_progress(self) -> int:
        """How many jobs are not finished."""
        return len(self._running) + len(self._waiting)

    def is_full(self, items: int) -> bool:
        """Tell whether a job of so many items must be refused for now."""
        settings = self._settings
        too_many = self.in_progress >= settings.jobs_in_progress
        return too_many or self.operations + items > settings.operations_in_progress

    def new_id(self) -> str:
        """Return an id; two in three end with `=`, which must be encoded in a path."""
        number = self._random.getrandbits(8 * self._random.choice((7, 8, 9)))
        return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()

    def accept(self, job: Job) -> None:
        """Take a job on; it starts now or when one of those running is done."""
        self.all[job.id] = job
        self.operations += job.size
        self.write_down(job)
        self._begin(job)

    def resume(self) -> None:
        """Begin what was not finished when the sandbox stopped."""
        for job in self.all.values():
            if job.finished is None:
                self._begin(job)

    def write_down(self, job: Job) -> None:
        """Tell the state of a job, and of its outcome if it has one."""
        if not self._state.is_open:
            return
        self._state.job(
            {
                "id": job.id,
                "family": job.family,
                "items": job.items,
                "size": job.size,
                "created": stamp(job.created),
                "shared": job.shared,
                "idempotency_key": job.idempotency_key,
                "request": job.request,
            }
        )
        if job.finished:
            self._write_outcome(job, job.finished)

    def _write_outcome(self, job: Job, finished: datetime) -> None:
        if not self._state.is_open:
            return
        imports = [orjson.Fragment(e) if isinstance(e, bytes) else e.id for e in job.imports]
        self._state.job_done(job.id, imports=imports, errors=job.errors, finished=stamp(finished))

    def _begin(self, job: Job) -> None:
        if len(self._running) < self._settings.jobs_running:
            self._start(job)
        else:
            self._waiting.append(job)

    def stop(self) -> None:
        """Leave all work undone."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()
        self._waiting.clear()

    def _start(self, job: Job) -> None:
        self._running[job.id] = asyncio.get_running_loop().create_task(self._work(job))

    async def _work(self, job: Job) -> None:
        started = time.monotonic()
        async with self._turn:
            await self._apply_all(job)
        await asyncio.sleep(max(0.0, started + self._settings.job_s - time.monotonic()))
        while job.polls < self._settings.job_polls:
            await asyncio.sleep(0.005)
        self._finish(job)

    async def _apply_all(self, job: Job) -> None:
        began = time.monotonic()
        for first in range(0, len(job.items), STEP):
            job.apply(job, job.items[first : first + STEP])
            if time.monotonic() - began > TURN_S:
                await asyncio.sleep(0)
                began = time.monotonic()
        job.items = []

    def _finish(self, job: Job) -> None:
        job.finished = now()
        self._write_outcome(job, job.finished)
        self.operations -= job.size
        self._running.pop(job.id, None)
        if self._waiting and len(self._running) < self._settings.jobs_running:
            self._start(self._waiting.popleft())


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return a time as FullStory writes it: 2019-04-18T14:36:11.123Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
