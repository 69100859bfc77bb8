"""The first page of the console: how the installation stands, at one look.

Every question has an index and a bound, so that it answers as fast with ten million calls.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from redis import RedisError

from fsdest import hints
from fsdest.admin.charts import Chart, chart
from fsdest.delivery import gauges, heartbeats, hours
from fsdest.delivery.gauges import COUNTED, Standing
from fsdest.models import CallPage, Destination

HOURS_SHOWN = 24
FAILING_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a part answers, and what it says of itself."""

    name: str
    answers: bool
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that tells how things stand. Somebody should look where it `is_bad`."""

    name: str
    value: str
    note: str
    is_bad: bool = False
    list_of: str = ""  # the console's list that tells more

    @property
    def url(self) -> str:
        """The list that tells more."""
        return reverse(f"admin:fsdest_{self.list_of}_changelist") if self.list_of else ""


def dashboard(now: datetime) -> dict[str, object]:
    """Return all that the page shows."""
    failing = list(_failing())
    return {
        "figures": _figures(now),
        "failing": failing[:FAILING_SHOWN],
        "more_failing": len(failing) > FAILING_SHOWN,
        "workers": heartbeats.workers(now),
        "health": [_database(), _broker()],
        "charts": _charts(now),
    }


def _figures(now: datetime) -> list[Figure]:
    found = gauges.standing(now)
    return [*_waiting(found), *_working(found)]


def _waiting(found: Standing) -> Iterator[Figure]:
    """Yield where records wait, and since when."""
    pending = found.pending.get(Destination.Status.ACTIVE, 0)
    resting = sum(found.pending.values()) - pending
    note = f"records; {resting:,} more of destinations at rest"
    yield Figure("Backlog", f"{pending:,}", note=note, list_of="destination")
    yield Figure("Oldest waits", _span(found.oldest_pending), note="of active destinations")
    note = f"to be tried again; the oldest {_span(found.oldest_parked)}"
    yield Figure("Parked", _bounded(found.parked), note=note, list_of="parked")
    note = "wait for a person's decision"
    yield Figure("Set aside", _bounded(found.quarantined), note=note, list_of="quarantinedrecord")


def _working(found: Standing) -> Iterator[Figure]:
    """Yield what is being done."""
    note = f"open; the oldest {_span(found.oldest_job)}"
    yield Figure("Import jobs", _bounded(found.jobs), note=note, list_of="importjob")
    lanes, on_hold = found.lanes, found.credentials_on_hold
    note = f"{lanes['due']:,} due, {lanes['waiting']:,} waiting"
    yield Figure("Lanes at work", f"{lanes['leased']:,}", note=note, list_of="lane")
    yield Figure(
        "Keys on hold",
        f"{on_hold:,}",
        note="FullStory asked to wait",
        is_bad=on_hold > 0,
        list_of="credential",
    )
    yield Figure("Files", f"{found.files_being_read:,}", note="being read", list_of="source")


def _failing() -> QuerySet[Destination]:
    """Return the destinations that need somebody: halted, or held back by the breaker."""
    failing = Q(status=Destination.Status.ERROR) | Q(
        status=Destination.Status.ACTIVE, probe_at__isnull=False
    )
    rows = Destination.objects.filter(failing).select_related("organization")
    return rows.order_by("created_at", "id")[: FAILING_SHOWN + 1]


def _charts(now: datetime) -> list[Chart]:
    last = hours.last(HOURS_SHOWN, now=now)
    names = [f"{each.hour:%H:%M}" for each in last]
    records = [each.records for each in last]
    failed = [each.failed_calls for each in last]
    return [
        chart("Calls an hour", names, [each.calls for each in last], failed, "calls"),
        chart("Records taken an hour", names, records, [0] * len(last), "records"),
    ]


def _database() -> Health:
    began = time.perf_counter()
    try:
        size, pages = _size(), _call_pages()
    except DatabaseError as error:
        return Health("Database", False, (str(error).splitlines()[0],))
    took = (time.perf_counter() - began) * 1000
    facts = (
        {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor],
        f"{size / 2**20:,.0f} MiB",
        f"about {pages:,} pages of calls",
        f"answered in {took:.1f} ms",
    )
    return Health("Database", True, facts)


def _size() -> int:
    """Return the bytes of the whole database."""
    sizes = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with connection.cursor() as cursor:
        cursor.execute(sizes[connection.vendor])
        return int(cursor.fetchone()[0])


def _call_pages() -> int:
    """Return about how many pages of calls there are, without counting them."""
    table = CallPage._meta.db_table
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            estimate = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"
            cursor.execute(estimate, [table])
            return max(0, int(cursor.fetchone()[0]))
    keys = CallPage.objects.values_list("pk", flat=True)
    first, last = keys.order_by("pk").first(), keys.order_by("-pk").first()
    return last - first + 1 if first is not None and last is not None else 0


def _broker() -> Health:
    began = time.perf_counter()
    try:
        with heartbeats.connect() as client:
            waiting = [(queue, client.llen(hints.key_of(queue))) for queue in hints.queues()]
            memory = client.info("memory")["used_memory_human"]
    except RedisError as error:
        return Health("Broker", False, (str(error).splitlines()[0],))
    took = (time.perf_counter() - began) * 1000
    lengths = ", ".join(f"{n:,} in {queue}" for queue, n in waiting)
    facts = (f"messages: {lengths}", str(memory), f"answered in {took:.1f} ms")
    return Health("Broker", True, facts)


def _bounded(number: int) -> str:
    return f"{COUNTED:,} or more" if number >= COUNTED else f"{number:,}"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if not seconds:
        return "0 s"
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
