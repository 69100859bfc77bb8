"""The figures of /metrics, by name: counts that the workers added up, and how things stand now."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from redis import Redis, RedisError

from fsdest import hints
from fsdest.delivery import gauges, heartbeats, meter

Counts = Mapping[tuple[str, ...], int]


class Figures(Collector):
    """Everything there is to tell at one moment. Asks the database and Redis when collected."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield each family. Without Redis its figures are missing, and fsdest_broker_up is 0."""
        yield from _standing(self._now)
        try:
            with heartbeats.connect() as client:
                told = [*_counted(meter.counts(client)), *_workers(client, self._now)]
        except RedisError:
            told = []
        yield _gauge("broker_up", "Whether Redis answers.", bool(told))
        yield from told


def _standing(now: datetime) -> Iterator[Metric]:
    found = gauges.standing(now)
    yield _gauges(
        "pending_records",
        "Records that no lane has taken yet, by status of their destination.",
        "status",
        found.pending,
    )
    yield _gauges("lanes", "Lanes, by state.", "state", found.lanes)
    for name, text, value in (
        (
            "oldest_pending_record_age_seconds",
            "Since the record that waits longest came in, or its destination was activated.",
            found.oldest_pending.total_seconds(),
        ),
        ("parked_records", "Records that wait for another try.", found.parked),
        (
            "oldest_parked_record_age_seconds",
            "Since the first of them was parked.",
            found.oldest_parked.total_seconds(),
        ),
        ("lanes_with_parked_records", "Lanes that have some.", found.lanes_with_parked),
        ("quarantined_records", "Records set aside for a person to decide.", found.quarantined),
        ("open_import_jobs", "Import jobs that FullStory has not ended.", found.jobs),
        (
            "oldest_open_import_job_age_seconds",
            "Since FullStory took the first of them.",
            found.oldest_job.total_seconds(),
        ),
        ("credentials_on_hold", "Keys with which nothing is sent.", found.credentials_on_hold),
        ("files_being_read", "Files on their way into a nexset.", found.files_being_read),
    ):
        yield _gauge(name, text, value)


def _counted(counts: Counts) -> Iterator[Metric]:
    for name, text, label in (
        ("calls", "Calls to FullStory, by class of the reply's status.", "status"),
        ("verdicts", "What replies meant.", "verdict"),
        ("records", "Records in calls, by what the reply meant.", "verdict"),
    ):
        family = CounterMetricFamily(f"fsdest_{name}", text, labels=["endpoint", label])
        for field, n in sorted(counts.items()):
            if field[0] == name:
                family.add_metric(field[1:], n)
        yield family
    yield _latency(counts)
    waits = CounterMetricFamily("fsdest_limiter_waits", "Times that a call waited for the limiter.")
    waits.add_metric([], counts.get(("waits",), 0))
    yield waits
    waited = CounterMetricFamily("fsdest_limiter_wait_seconds", "Seconds that calls waited for it.")
    waited.add_metric([], counts.get(("waited_microseconds",), 0) / 1e6)
    yield waited


def _latency(counts: Counts) -> Metric:
    family = HistogramMetricFamily(
        "fsdest_call_seconds", "From a call's begin to the end of its reply.", labels=["endpoint"]
    )
    bounds = [*map(str, meter.BOUNDS_S), "+Inf"]
    for endpoint in sorted({field[1] for field in counts if field[0] == "bucket"}):
        buckets, total = [], 0
        for place, bound in enumerate(bounds):
            total += counts.get(("bucket", endpoint, str(place)), 0)
            buckets.append((bound, total))
        seconds = counts.get(("microseconds", endpoint), 0) / 1e6
        family.add_metric([endpoint], buckets=buckets, sum_value=seconds)
    return family


def _workers(client: Redis, now: datetime) -> Iterator[Metric]:
    """Yield what workers told, and what waits for them in the queues."""
    labels = ["worker", "sign"]
    seen = GaugeMetricFamily(
        "fsdest_worker_heartbeat_age_seconds", "Since a worker was seen.", labels=labels
    )
    busy = GaugeMetricFamily(
        "fsdest_worker_busy", "Whether all its processes are at work.", labels=labels
    )
    for each in heartbeats.heartbeats(client):
        seen.add_metric([each.name, each.sign], max((now - each.seen_at).total_seconds(), 0))
        busy.add_metric([each.name, each.sign], each.is_busy)
    yield seen
    yield busy
    waiting = {queue: client.llen(hints.key_of(queue)) for queue in hints.queues()}
    found = heartbeats.answers(client, now=now)
    answered = {queue: age.total_seconds() for queue, age in found.items()}
    yield _gauges("queue_messages", "Hints that wait in a queue.", "queue", waiting)
    text = "Since a worker took a message from a queue; it is put one in every ten."
    yield _gauges("queue_answer_age_seconds", text, "queue", answered)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"fsdest_{name}", text, value=float(value))


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"fsdest_{name}", text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
