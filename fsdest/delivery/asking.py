"""Ask FullStory how far import jobs are, several at once. No ORM in these threads.

FullStory's answers take their time, and a credential may have a hundred jobs open: one after the
other, none would be asked in time.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from fsdest.delivery import turns, wire
from fsdest.delivery.brake import ASKED
from fsdest.exchange import NoReply, Reply, Request
from fsdest.fullstory import jobs
from fsdest.fullstory.verdicts import Verdict
from fsdest.models import Credential, ImportJob
from fsdest.outbound import Line
from fsdest.vault import CannotUnseal

AT_ONCE = 8  # calls in flight
SLOW_DOWN = 429

# A Verdict says what it has to wait for. None: it was not asked, since FullStory is silent, or asks
# us to wait, or the rate of the credential is used up.
Answer = Reply | NoReply | CannotUnseal | Verdict | None


def get(line: Line, credential: Credential | None, path: str) -> Reply | NoReply:
    """Return what FullStory answers on `path`, which belongs to an import job."""
    base_url = credential.base_url if credential else ""
    request = Request(method="GET", url=base_url + path)
    return line.send(request, deadline=wire.deadline(), max_bytes=jobs.LARGEST_PAGE)


class Asking:
    """The threads of one round, each with lines of its own."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking")
        self._own = threading.local()
        self._lines: list[Line] = []
        self._enough: dict[UUID, Answer] = {}  # what is answered for the rest of the round

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        for line in self._lines:
            line.close()

    def all(self, asked: Sequence[ImportJob]) -> Iterator[tuple[ImportJob, Answer]]:
        """Yield each job with what FullStory says of it, as the answers come."""
        paths = [(job, _path(job)) for job in asked]
        waiting = {self._pool.submit(self._ask, job, path): job for job, path in paths}
        for future in as_completed(waiting):
            yield waiting[future], future.result()

    def _ask(self, job: ImportJob, path: str) -> Answer:
        credential = job.destination.credential
        if credential is None:
            return None  # a saved destination has one: it is PROTECTed
        if credential.pk in self._enough:
            return self._enough[credential.pk]
        if not_yet := turns.wait(credential, now=self._clock()):
            self._enough[credential.pk] = not_yet if not_yet.reason == ASKED else None
            return not_yet
        try:
            answer = get(self._line(credential), credential, path)
        except CannotUnseal as closed:
            return closed
        if isinstance(answer, NoReply) or answer.status == SLOW_DOWN:
            self._enough[credential.pk] = None
        return answer

    def _line(self, credential: Credential) -> Line:
        mine: dict[UUID, Line] = self._own.__dict__.setdefault("lines", {})
        if credential.pk not in mine:
            mine[credential.pk] = wire.line(credential)
            self._lines.append(mine[credential.pk])
        return mine[credential.pk]


def _path(job: ImportJob) -> str:
    return jobs.status_path(job.version.read().endpoint.follow, job.job_id)
