"""How a destination stands, as its page and its card on the canvas show it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from fsdest.delivery import pages
from fsdest.delivery.account import Balance
from fsdest.delivery.pages import PastCall
from fsdest.delivery.progress import Progress, progress
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import Destination, EditedRecord, ImportJob
from fsdest.payloads.build import Payload, Renderer

CALLS_SHOWN = 20
JOBS_SHOWN = 20
QUICK, SLOW = 1, 5  # seconds between two looks: while something moves, and otherwise

# What a verdict is called, and the state whose colours it wears.
WORDS: dict[VerdictKind, tuple[str, str]] = {
    VerdictKind.DELIVERED: ("Delivered", "delivered"),
    VerdictKind.ACCEPTED: ("Handed over", "processing"),
    VerdictKind.HOLD: ("Asked to wait", "paused"),
    VerdictKind.RETRY: ("Tried again later", "paused"),
    VerdictKind.SPLIT: ("Sent again in smaller parts", "paused"),
    VerdictKind.QUARANTINE: ("In quarantine", "failed"),
    VerdictKind.HALT: ("Stopped", "failed"),
}

# Every place a record can be in; together they are what was accepted.
PLACES = (
    ("delivered", "delivered"),
    ("in_jobs", "in import jobs"),
    ("pending", "pending"),
    ("parked", "parked"),
    ("skipped", "skipped"),
    ("quarantined", "quarantined"),
)
BAR_ORDER = ("delivered", "quarantined", "skipped", "in_jobs", "parked")  # pending is the ground
NARROWEST = 0.6  # percent: one record in a million shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A destination as the canvas draws it."""

    destination: Destination
    progress: Progress | None  # None for a draft: nothing was sent yet

    @property
    def endpoint(self) -> str:
        return endpoint_name(self.destination)

    @property
    def url(self) -> str:
        page = "wizard-configure" if self.destination.is_draft else "destination"
        return reverse(page, args=[self.destination.pk])

    @property
    def is_moving(self) -> bool:
        return self.progress is not None and moves(self.destination, self.progress)


@dataclass(frozen=True, slots=True)
class Place:
    key: str
    word: str
    records: int


@dataclass(frozen=True, slots=True)
class Stripe:
    """A part of the progress bar, in percent of its width."""

    key: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    call: PastCall
    order_key: str  # the uid, of a call for one record; "" otherwise
    word: str
    colours: str
    edit: EditedRecord | None = None  # of a call for one record: what it was sent as


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    job: ImportJob
    age: timedelta  # until it finished, or until now
    is_late: bool

    @property
    def word(self) -> str:
        return self.job.told

    @property
    def colours(self) -> str:
        return "paused" if self.job.is_partly_imported or self.is_late else self.job.status


def card(destination: Destination, now: datetime) -> Card:
    """Return `destination` as the canvas draws it."""
    stands = None if destination.is_draft else progress(destination, now=now)
    return Card(destination=destination, progress=stands)


def endpoint_name(destination: Destination) -> str:
    """Return what the endpoint is called, or "" for a draft."""
    return destination.version.read().endpoint.title if destination.version else ""


def moves(destination: Destination, stands: Progress) -> bool:
    """Whether a second look soon is worth it."""
    if destination.is_pausing or stands.balance.in_jobs:
        return True
    return destination.is_active and not stands.is_done


def health(destination: Destination, now: datetime) -> dict[str, object]:
    """Return what the head of the page shows."""
    stands = progress(destination, now=now)
    return {
        "destination": destination,
        "endpoint": endpoint_name(destination),
        "progress": stands,
        "now": now,
        "places": [Place(key, word, getattr(stands.balance, key)) for key, word in PLACES],
        "stripes": list(_stripes(stands.balance)),
        "status": destination.status,
        "books": _digest(destination, stands.balance),
        "every": QUICK if moves(destination, stands) else SLOW,
    }


def calls(destination: Destination) -> dict[str, object]:
    """Return the last calls, each with its verdict in words."""
    rows = call_rows(destination, pages.recent(destination, CALLS_SHOWN))
    return {"destination": destination, "calls": rows}


def call_rows(destination: Destination, past: list[PastCall]) -> list[CallRow]:
    """Return `past` as tables show it: the uid of single records, the verdict in words."""
    singles = [call.first_offset for call in past if call.records == 1]
    keys = _order_keys(destination, singles)
    edited = list(
        destination.edited_records.filter(offset__in=set(singles)).select_related("edited_by")
    )
    rows = []
    for call in past:
        word, colours = WORDS[call.kind]
        key = keys.get(call.first_offset, "") if call.records == 1 else ""
        edit = _edit_of(call, edited)
        rows.append(CallRow(call=call, order_key=key, word=word, colours=colours, edit=edit))
    return rows


def _edit_of(call: PastCall, edits: list[EditedRecord]) -> EditedRecord | None:
    """Return the last of `edits`, the oldest first, that `call` was made of."""
    if call.records != 1:
        return None
    own = (each for each in reversed(edits) if each.offset == call.first_offset)
    return next((each for each in own if each.edited_at <= call.at), None)


def jobs(destination: Destination, now: datetime) -> dict[str, object]:
    """Return the last import jobs and how many there are in all."""
    rows = [
        JobRow(job=job, age=(job.finished_at or now) - job.created_at, is_late=job.is_late(now))
        for job in destination.jobs.order_by("-created_at", "-id")[:JOBS_SHOWN]
    ]
    return {"destination": destination, "jobs": rows, "job_count": destination.jobs.count()}


def _order_keys(destination: Destination, offsets: list[int]) -> dict[int, str]:
    """Return the order key (uid) of each record as the configuration of today reads it."""
    if destination.version is None:
        return {}
    renderer = Renderer(destination.version.read())
    keys = {}
    for offset in set(offsets):
        line = destination.nexset.line(offset)
        payload = renderer.build(offset, line) if line is not None else None
        keys[offset] = payload.order_key if isinstance(payload, Payload) else ""
    return keys


def _stripes(balance: Balance) -> Iterator[Stripe]:
    x = 0.0
    for key in BAR_ORDER:
        records = getattr(balance, key)
        if records and balance.accepted:
            width = max(NARROWEST, 100 * records / balance.accepted)
            yield Stripe(key, round(x, 2), round(width, 2))
            x += width


def _digest(destination: Destination, balance: Balance) -> str:
    """Return what changes whenever a call was made, an import job moved, or a count changed."""
    last_page = destination.pages.order_by("-id").values_list("id", flat=True).first()
    jobs = destination.jobs.order_by("-created_at", "-id").values_list("id", "status", "polls")
    books = (balance, last_page, list(jobs[:JOBS_SHOWN]))
    return hashlib.sha256(repr(books).encode()).hexdigest()[:16]
