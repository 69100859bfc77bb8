"""Calls at rest: the exchanges of one checkpoint as one compressed page, and back.

A line holds short names, since a million calls are a million lines: at, ms, o(ffsets), v(ersion),
g(eneration), s(tatus), k(ind), c(ode), w(ords), m(essage), j(ob).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import orjson

from fsdest.delivery.calls import Exchange
from fsdest.fullstory import unknown
from fsdest.fullstory.verdicts import DELIVERED, VerdictKind
from fsdest.models import CallPage, Destination, Lane
from fsdest.records import blocks, ranges
from fsdest.records.ranges import Ranges

TOOK = {VerdictKind.DELIVERED, VerdictKind.ACCEPTED}
LONGEST_MESSAGE = 300  # characters kept of what FullStory said


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """A call as it is read back from the books."""

    at: datetime
    elapsed: timedelta
    offsets: Ranges
    version: int
    generation: int
    status: int | None  # HTTP status; None: no reply
    kind: VerdictKind
    code: str
    reason: str
    message: str
    job_id: str

    @property
    def is_unanswered(self) -> bool:
        """Whether `message` tells what happened to us, and is nothing that FullStory said."""
        return self.status is None or self.code == unknown.CODE

    @property
    def records(self) -> int:
        return ranges.count(self.offsets)

    @property
    def first_offset(self) -> int:
        return self.offsets[0][0]

    @property
    def elapsed_ms(self) -> int:
        return round(self.elapsed.total_seconds() * 1000)

    @property
    def took(self) -> bool:
        """Whether FullStory took the records."""
        return self.kind in TOOK


def page(lane: Lane, exchanges: Sequence[Exchange]) -> CallPage:
    """Return an unsaved page of `exchanges`, of which there is at least one."""
    offsets = list(chain.from_iterable((e.offsets[0], e.offsets[-1]) for e in exchanges))
    times = [e.at for e in exchanges]
    took = [e for e in exchanges if e.verdict.kind in TOOK]
    return CallPage(
        destination_id=lane.destination_id,
        lane=lane,
        first_offset=min(offsets),
        last_offset=max(offsets),
        calls=len(exchanges),
        failed_calls=len(exchanges) - len(took),
        records=sum(len(e.offsets) for e in took),
        first_at=min(times),
        last_at=max(times),
        data=blocks.pack([_line(e) for e in exchanges]),
    )


def join(some: Sequence[CallPage]) -> CallPage:
    """Return one unsaved page with the calls of `some`, which are of one lane, in their order."""
    lines = [line for each in some for line in blocks.unpack(bytes(each.data))]
    return CallPage(
        destination_id=some[0].destination_id,
        lane_id=some[0].lane_id,
        first_offset=min(each.first_offset for each in some),
        last_offset=max(each.last_offset for each in some),
        calls=sum(each.calls for each in some),
        failed_calls=sum(each.failed_calls for each in some),
        records=sum(each.records for each in some),
        first_at=min(each.first_at for each in some),
        last_at=max(each.last_at for each in some),
        data=blocks.pack(lines),
    )


def read(page: CallPage) -> list[PastCall]:
    """Return the calls of `page`, in the order in which they ended."""
    return [past(orjson.loads(line)) for line in blocks.unpack(bytes(page.data))]


def recent(destination: Destination, limit: int) -> list[PastCall]:
    """Return the last `limit` calls of `destination`, the newest first."""
    calls: list[PastCall] = []
    for each in destination.pages.order_by("-last_at", "-id")[:limit]:
        if len(calls) >= limit and each.last_at < calls[limit - 1].at:
            break
        calls = sorted(calls + read(each), key=lambda call: call.at, reverse=True)[:limit]
    return calls


def past(line: dict[str, Any]) -> PastCall:
    """Return the call of a line, as parsed from JSON."""
    get = line.get
    return PastCall(
        at=datetime.fromtimestamp(line["at"], UTC),
        elapsed=timedelta(milliseconds=line["ms"]),
        offsets=line["o"],
        version=line["v"],
        generation=get("g", 0),
        status=line["s"],
        kind=VerdictKind(line["k"]),
        code=get("c", ""),
        reason=get("w", ""),
        message=get("m", ""),
        job_id=get("j", ""),
    )


def _delivered(exchange: Exchange) -> bytes:
    """Return the line of the most frequent kind of call by far, in half the time."""
    offset = exchange.offsets[0]
    return b'{"at":%.3f,"ms":%d,"o":[[%d,%d]],"v":%d,"s":%d,"k":"delivered"}' % (
        exchange.at.timestamp(),
        round(exchange.elapsed.total_seconds() * 1000),
        offset,
        offset,
        exchange.version,
        exchange.status or 0,
    )


def _line(exchange: Exchange) -> bytes:
    verdict = exchange.verdict
    if verdict is DELIVERED and len(exchange.offsets) == 1 and not exchange.generation:
        return _delivered(exchange)
    line = {
        "at": round(exchange.at.timestamp(), 3),
        "ms": round(exchange.elapsed.total_seconds() * 1000),
        "o": ranges.pack(exchange.offsets),
        "v": exchange.version,
        "s": exchange.status,
        "k": verdict.kind.value,
    }
    if exchange.generation:
        line["g"] = exchange.generation
    if verdict.job_id:
        line["j"] = verdict.job_id
    if verdict.kind not in TOOK:
        line |= {"c": verdict.code, "w": verdict.reason, "m": verdict.message[:LONGEST_MESSAGE]}
    return orjson.dumps(line)
