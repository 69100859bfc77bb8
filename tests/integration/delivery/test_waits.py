"""What a destination waits for, and until when: as its page says it, for each cause there is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fsdest.delivery import account, backoff, control
from fsdest.delivery.brake import FILLING
from fsdest.delivery.progress import progress
from fsdest.delivery.schedule import IMPORT_WAIT, MAX_JOBS
from fsdest.models import Destination, ImportJob, Source

BULK = "batch-create-users"
A_SECOND = timedelta(seconds=1)


def people(count):
    return [{"uid": f"user-{n}", "plan": "pro"} for n in range(count)]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """The pauses between two tries are the only ones that are not on the test's clock."""
    monkeypatch.setattr(backoff, "SHORTEST", timedelta(milliseconds=20))


@pytest.fixture
def waits(clock):
    """`waits(destination)`: what the page says of it."""
    return lambda destination: progress(destination, now=clock())


def test_a_hold_lasts_as_long_as_fullstory_asks(destination_with, deliver, sandbox, clock, waits):
    headers = {"Retry-After": "60"}
    sandbox.play(kind="status", status=429, headers=headers, route="POST /v2/users", times=1)
    destination = destination_with(*people(3))

    deliver(destination)

    said = waits(destination)
    assert said.waits_for == "FullStory asks us to wait."
    assert abs(said.waits_until - clock() - timedelta(seconds=60)) < 2 * A_SECOND


def test_import_limits_are_looked_at_again_soon(destination_with, deliver, clock, waits):
    destination = destination_with(*people(3), endpoint=BULK)
    other = destination_with(*people(3), endpoint=BULK)
    Destination.objects.filter(pk=other.pk).update(credential=destination.credential)
    ImportJob.objects.bulk_create(
        ImportJob(
            destination=other,
            lane=other.lanes.first(),
            version=other.version,
            job_id=f"job-{n}",
            offsets=[[0, 0]],
            records=1,
            created_at=clock(),
        )
        for n in range(MAX_JOBS)
    )

    deliver(destination)

    said = waits(destination)
    assert said.waits_for.startswith(f"FullStory is still importing {MAX_JOBS:,} records")
    assert said.waits_until == clock() + IMPORT_WAIT


def test_a_batch_that_is_not_full_goes_when_its_oldest_record_is_old_enough(
    destination_with, deliver, clock, waits
):
    destination = destination_with(*people(3), endpoint=BULK)
    Source.objects.update(kind=Source.Kind.REPLIES)
    configuration = destination.version.read()
    batch = replace(configuration.batch, max_age_s=120)
    control.save_version(destination, replace(configuration, batch=batch), user=None, now=clock())
    destination.refresh_from_db()

    deliver(destination)

    said = waits(destination)
    assert said.waits_for == FILLING
    assert said.waits_until == clock() + timedelta(seconds=120)


def test_a_general_failure_waits_for_the_next_probe(
    destination_with, deliver, sandbox, clock, waits
):
    sandbox.play(kind="status", status=503)
    destination = destination_with(*people(200))

    deliver(destination)

    said = waits(destination)
    destination.refresh_from_db()
    assert "503" in said.waits_for
    assert destination.probe_at is not None
    assert clock() < said.waits_until
    assert abs(said.waits_until - destination.probe_at) <= 2 * A_SECOND


def test_parked_records_say_when_the_first_of_them_is_tried_again(
    destination_with, deliver, sandbox, clock, waits
):
    sandbox.play(kind="status", status=503, contains="poison")
    destination = destination_with(*people(60), {"uid": "poison"}, {"uid": "poison"})

    deliver(destination)

    said = waits(destination)
    assert account.balance(destination).parked == 2
    head = destination.parked.get(offset=60)
    assert said.parked_until == head.due_at > clock()
    assert said.waits_until is None
