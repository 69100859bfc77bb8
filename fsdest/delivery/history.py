"""Find past calls, the newest first, in bounded time.

Pages that cannot hold what is wanted are passed over by their columns; of the others only the
lines that may match are read. Pages of several lanes overlap in time, so a call counts as found
once no page that is still unread can hold a newer one.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from fsdest.delivery import pages
from fsdest.delivery.pages import TOOK, PastCall
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import CallPage, Destination
from fsdest.records import blocks
from fsdest.records.ranges import Ranges

SEARCH_S = 1.0  # seconds a search takes at most, and a page of calls more
RANGES_ASKED = 20  # more of them are asked for as one, from the first to the last
FARTHEST = 2**62  # beyond every offset
MILLISECOND = timedelta(milliseconds=1)  # lines keep times rounded to it, pages do not

# A place between calls: ms since 1970, then what tells calls of one millisecond apart: the first
# offset, the last one counted down (a part comes after the call that was split), the generation.
# It does not name the page, since pages are joined later.
Position = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the calls have to be; what is left out does not matter."""

    offsets: Ranges | None = None  # ascending; a call with any of them
    kinds: frozenset[VerdictKind] = frozenset()
    status: int | None = None
    is_silent: bool = False  # no reply came
    code: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def needles(self) -> list[bytes]:
        """Return what stands in each matching line as pages writes it."""
        found = [b'"s":%d' % self.status] if self.status is not None else []
        found += [b'"s":null'] if self.is_silent else []
        found += [b'"c":' + orjson.dumps(self.code)] if self.code else []
        found += [b'"k":"%s"' % kind.value.encode() for kind in self.kinds if len(self.kinds) == 1]
        return found

    def fits(self, line: dict[str, Any]) -> bool:
        """Whether the call of `line` is one of them."""
        return (
            (self.status is None or line["s"] == self.status)
            and (not self.is_silent or line["s"] is None)
            and (not self.kinds or line["k"] in self.kinds)
            and (not self.code or line.get("c") == self.code)
            and (self.since is None or line["at"] >= self.since.timestamp())
            and (self.until is None or line["at"] <= self.until.timestamp())
            and (self.offsets is None or _overlap(line["o"], self.offsets))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`calls`, newest first. `before` is where to go on, None at the end of the history.

    `back_to` is set where time was up: everything since then was looked at.
    """

    calls: list[PastCall]
    before: Position | None = None
    back_to: datetime | None = None


def search(
    destination: Destination,
    wanted: Wanted,
    *,
    limit: int,
    before: Position | None = None,
    within_s: float = SEARCH_S,
) -> Found:
    """Return up to `limit` calls of `destination` that are `wanted`, older than `before`.

    It reads at least one page, however little time there is, so that going on gets on.
    """
    ends_at = monotonic() + within_s
    needles = wanted.needles()
    found: list[tuple[Position, dict[str, Any]]] = []
    for last_at, data in _pages(destination, wanted, before):
        newest_unread = int(last_at.timestamp() * 1000) + 1
        found.sort(key=_place, reverse=True)
        if len(found) > limit and found[limit][0][0] > newest_unread:
            break
        place = (newest_unread + 1, 0, 0, 0)
        if monotonic() > ends_at and (before is None or place < before):
            certain = [each for each in found if each[0][0] > newest_unread]
            return _found(certain, limit, otherwise=place)
        found += _matching(data, wanted, needles, before)
    found.sort(key=_place, reverse=True)
    return _found(found, limit, otherwise=None)


def _found(
    calls: list[tuple[Position, dict[str, Any]]], limit: int, *, otherwise: Position | None
) -> Found:
    shown = [pages.past(line) for _, line in calls[:limit]]
    if len(calls) > limit:
        return Found(calls=shown, before=calls[limit - 1][0])
    if otherwise is None:
        return Found(calls=shown)
    back_to = datetime.fromtimestamp(otherwise[0] / 1000, UTC)
    return Found(calls=shown, before=otherwise, back_to=back_to)


def _place(found: tuple[Position, dict[str, Any]]) -> Position:
    return found[0]


def _pages(
    destination: Destination, wanted: Wanted, before: Position | None
) -> Iterator[tuple[datetime, bytes]]:
    """Yield (last_at, data) of the pages that may hold what is wanted, the newest first."""
    rows = _columns_fit(destination.pages.all(), wanted)
    if before is not None:
        rows = rows.filter(first_at__lte=datetime.fromtimestamp((before[0] + 1) / 1000, UTC))
    newest_first = rows.order_by("-last_at", "-id").values_list("last_at", "data")
    for last_at, data in newest_first.iterator(chunk_size=10):
        yield last_at, bytes(data)


def _columns_fit(rows: QuerySet[CallPage], wanted: Wanted) -> QuerySet[CallPage]:
    if wanted.since is not None:
        rows = rows.filter(last_at__gte=wanted.since - MILLISECOND)
    if wanted.until is not None:
        rows = rows.filter(first_at__lte=wanted.until + MILLISECOND)
    if wanted.is_silent or wanted.code or (wanted.kinds and not wanted.kinds & TOOK):
        rows = rows.filter(failed_calls__gt=0)
    if wanted.kinds and wanted.kinds <= TOOK:
        rows = rows.filter(records__gt=0)
    if wanted.status is not None and not 200 <= wanted.status < 300:
        rows = rows.filter(failed_calls__gt=0)
    if wanted.offsets is not None:
        rows = rows.filter(_reaches(wanted.offsets))
    return rows


def _reaches(offsets: Ranges) -> Q:
    """Return the condition that a page may hold one of `offsets`."""
    if not offsets:
        return Q(pk__in=[])
    if len(offsets) > RANGES_ASKED:
        offsets = [[offsets[0][0], offsets[-1][1]]]
    condition = Q()
    for first, last in offsets:
        condition |= Q(first_offset__lte=last, last_offset__gte=first)
    return condition


def _matching(
    data: bytes, wanted: Wanted, needles: list[bytes], before: Position | None
) -> Iterator[tuple[Position, dict[str, Any]]]:
    for raw in blocks.unpack(data):
        if all(needle in raw for needle in needles):
            line = orjson.loads(raw)
            if wanted.fits(line):
                place = _position(line)
                if before is None or place < before:
                    yield place, line


def _position(line: dict[str, Any]) -> Position:
    offsets = line["o"]
    return round(line["at"] * 1000), offsets[0][0], FARTHEST - offsets[-1][1], line.get("g", 0)


def _overlap(some: Ranges, others: Ranges) -> bool:
    for first, last in some:
        at = bisect_right(others, last, key=lambda each: each[0])
        if at and others[at - 1][1] >= first:
            return True
    return False
