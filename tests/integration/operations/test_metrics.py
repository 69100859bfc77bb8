"""/metrics: who may see it, and that its figures are those of the books."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fsdest.delivery.calls import Exchange
from fsdest.delivery.meter import Meter, meter
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import (
    Block,
    Credential,
    Destination,
    ImportJob,
    Lane,
    Nexset,
    Parked,
    QuarantinedRecord,
    Source,
    Version,
)

pytestmark = pytest.mark.django_db
TOKEN = "a token that is long enough"
ENDPOINT = SimpleNamespace(endpoint=SimpleNamespace(key="create-user"))


@pytest.fixture
def figures(client, settings, valkey):
    """`figures()`: each sample of /metrics by its name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def ask() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        found = {}
        for family in text_string_to_metric_families(answer.content.decode()):
            for sample in family.samples:
                labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
        return found

    return ask


@pytest.fixture
def destination_of(organization):
    """`destination_of(records, status="active")`, with one lane and a credential."""

    def make(records: int, *, status: str = "active", came_in_at=None) -> Destination:
        source = Source.objects.create(organization=organization, name="users", status="ready")
        nexset = Nexset.objects.create(
            organization=organization, source=source, name="Users", record_count=records
        )
        Block.objects.create(
            nexset=nexset, first_offset=0, count=records, data=b"", came_in_at=came_in_at
        )
        made = Destination.objects.create(organization=organization, nexset=nexset, name="D")
        made.version = Version.objects.create(destination=made, number=1, configuration={})
        made.status = status
        made.save()
        Lane.objects.create(destination=made, number=0)
        return made

    return make


def exchange(*, seconds: float = 0.02, status: int | None = 200, records: int = 1) -> Exchange:
    kind = VerdictKind.DELIVERED if status == 200 else VerdictKind.RETRY
    return Exchange(
        at=datetime.now(UTC),
        elapsed=timedelta(seconds=seconds),
        offsets=range(records),
        version=1,
        generation=0,
        status=status,
        verdict=Verdict(kind),
    )


def test_without_a_token_in_the_settings_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_who_does_not_know_the_token_is_told_nothing(client, settings, valkey, said):
    settings.METRICS_TOKEN = TOKEN

    answer = client.get("/metrics", headers={"Authorization": said})

    assert answer.status_code == 401
    assert b"fsdest_" not in answer.content


def test_a_user_who_is_logged_in_needs_the_token_too(as_ann, settings, valkey):
    settings.METRICS_TOKEN = TOKEN

    assert as_ann.get("/metrics").status_code == 401


def test_calls_of_all_processes_are_added_up(figures):
    for process in (Meter(), Meter()):
        process.count([exchange(records=50), exchange(status=503)], {1: ENDPOINT})
        process.add_up()

    found = figures()

    assert found["fsdest_calls_total{endpoint=create-user,status=2xx}"] == 2
    assert found["fsdest_calls_total{endpoint=create-user,status=5xx}"] == 2
    assert found["fsdest_verdicts_total{endpoint=create-user,verdict=retry}"] == 2
    assert found["fsdest_records_total{endpoint=create-user,verdict=delivered}"] == 100


def test_a_call_without_a_reply_is_counted_as_such(figures):
    meter().count([exchange(status=None)], {1: ENDPOINT})
    meter().add_up()

    assert figures()["fsdest_calls_total{endpoint=create-user,status=none}"] == 1


def test_latency_is_a_histogram_whose_buckets_add_up(figures):
    process = Meter()
    process.count([exchange(seconds=s) for s in (0.004, 0.005, 0.03, 99)], {1: ENDPOINT})
    process.add_up()

    found = figures()

    bucket = "fsdest_call_seconds_bucket{endpoint=create-user,le=%s}"
    assert found[bucket % "0.005"] == 2
    assert found[bucket % "0.025"] == 2
    assert found[bucket % "0.05"] == 3
    assert found[bucket % "30.0"] == 3
    assert found[bucket % "+Inf"] == found["fsdest_call_seconds_count{endpoint=create-user}"] == 4
    assert found["fsdest_call_seconds_sum{endpoint=create-user}"] == pytest.approx(99.039)


def test_waiting_for_the_limiter_is_counted(figures):
    process = Meter()
    process.waited(0.25)
    process.waited(0.5)
    process.add_up()

    found = figures()

    assert found["fsdest_limiter_waits_total"] == 2
    assert found["fsdest_limiter_wait_seconds_total"] == pytest.approx(0.75)


def test_counts_wait_for_a_redis_that_is_gone(settings, valkey, figures):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    process = Meter()
    process.count([exchange()], {1: ENDPOINT})
    process.add_up()
    settings.REDIS_URL = valkey.url
    process._client = None
    process.add_up()

    assert figures()["fsdest_calls_total{endpoint=create-user,status=2xx}"] == 1


def test_the_backlog_is_what_no_lane_has_taken(figures, destination_of):
    active, paused = destination_of(1_000), destination_of(30, status="paused")
    Lane.objects.filter(destination=active).update(taken=400, cursor=400)

    found = figures()

    assert found["fsdest_pending_records{status=active}"] == 600
    assert found["fsdest_pending_records{status=paused}"] == 30
    assert paused.lanes.count() == 1


def test_the_oldest_pending_record_waits_since_it_came_in(figures, destination_of, now):
    old = destination_of(10, came_in_at=now - timedelta(hours=1))
    destination_of(10, came_in_at=now - timedelta(minutes=1))
    destination_of(10, came_in_at=now - timedelta(days=1), status="paused")
    name = "fsdest_oldest_pending_record_age_seconds"
    assert figures()[name] == pytest.approx(3_600, abs=30)

    Destination.objects.filter(pk=old.pk).update(activated_at=now - timedelta(minutes=10))
    assert figures()[name] == pytest.approx(600, abs=30)

    Lane.objects.filter(destination=old).update(cursor=10, taken=10)
    assert figures()[name] == pytest.approx(60, abs=30)


def test_every_lane_has_one_state(figures, destination_of, now):
    later, before = now + timedelta(minutes=1), now - timedelta(minutes=1)
    for changes in (
        {"due_at": None},
        {"due_at": before},
        {"due_at": later},
        {"due_at": before, "lease_until": later},
        {"due_at": before, "lease_until": before},
    ):
        Lane.objects.filter(destination=destination_of(1)).update(**changes)
    destination_of(1, status="paused")
    destination_of(1, status="error")

    found = figures()

    states = {"idle": 1, "due": 2, "waiting": 1, "leased": 1, "paused": 1, "halted": 1}
    assert {s: found[f"fsdest_lanes{{state={s}}}"] for s in states} == states


def test_what_is_parked_set_aside_imported_and_held_is_told(figures, destination_of, now):
    made = destination_of(10)
    lane, version = made.lanes.get(), made.version
    own = {"destination": made, "lane": lane, "version": version}
    ago = now - timedelta(minutes=5)
    Parked.objects.create(offset=1, due_at=now, parked_at=ago, **own)
    for offset, status in ((2, "open"), (3, "released")):
        QuarantinedRecord.objects.create(
            offset=offset, status=status, code="x", reason="y", quarantined_at=now, **own
        )
    ImportJob.objects.create(job_id="j", offsets=[], records=5, created_at=ago, due_at=now, **own)
    Credential.objects.create(
        organization=made.organization, name="K", hold_until=now + timedelta(minutes=5)
    )

    found = figures()

    assert found["fsdest_parked_records"] == found["fsdest_lanes_with_parked_records"] == 1
    assert found["fsdest_oldest_parked_record_age_seconds"] == pytest.approx(300, abs=30)
    assert found["fsdest_quarantined_records"] == 1
    assert found["fsdest_open_import_jobs"] == 1
    assert found["fsdest_oldest_open_import_job_age_seconds"] == pytest.approx(300, abs=30)
    assert found["fsdest_credentials_on_hold"] == 1


def test_without_a_broker_the_database_still_speaks(figures, settings, destination_of):
    destination_of(7)
    assert figures()["fsdest_broker_up"] == 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    found = figures()

    assert found["fsdest_broker_up"] == 0
    assert found["fsdest_pending_records{status=active}"] == 7


def test_the_questions_do_not_grow_with_the_destinations(
    figures, destination_of, django_assert_max_num_queries
):
    for _ in range(12):
        destination_of(3)

    with django_assert_max_num_queries(20):
        figures()
