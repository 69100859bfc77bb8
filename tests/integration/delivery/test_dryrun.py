"""A dry run makes the calls of a delivery, counts them, and sends none."""

from dataclasses import replace
from datetime import timedelta
from itertools import starmap

import pytest

from fsdest.delivery import control, dryrun, estimate, lanes
from fsdest.delivery.forecast import Forecast
from fsdest.delivery.gear import BULK_CALLS_A_SLICE
from fsdest.fullstory import by_hand
from fsdest.models import Block, DryRun, ImportJob
from fsdest.payloads import group
from fsdest.payloads.build import Renderer
from fsdest.payloads.configuration import Batch, Configuration
from fsdest.sweep import sweep


def people(count: int) -> list[dict[str, object]]:
    return [{"uid": f"user-{n}", "plan": "pro"} for n in range(count)]


@pytest.fixture
def dry(clock):
    """`dry(destination)`: make a dry run from start to end, and return its forecast."""

    def dry(destination) -> Forecast:
        run = dryrun.start(destination, now=clock())
        dryrun.work(run.pk, clock=clock)
        run.refresh_from_db()
        assert run.is_completed
        counters = dict(run.counters)
        counters.pop("expected")
        return Forecast.from_json(counters)

    return dry


def save(destination, clock, **changes):
    configuration = replace(destination.version.read(), **changes)
    control.save_version(destination, configuration, user=None, now=clock())
    destination.refresh_from_db()


def received(sandbox) -> list[dict[str, object]]:
    return sandbox.get("ledger?limit=500")["requests"]


def test_it_counts_the_very_calls_and_bytes_that_a_delivery_then_makes(
    destination_with, dry, deliver, clock, sandbox
):
    destination = destination_with(*people(25), endpoint="batch-create-users")
    batch = replace(destination.version.read().batch, records=10)
    save(destination, clock, batch=batch)

    found = dry(destination)
    assert sandbox.get("uids")["uids"] == []
    deliver(destination)

    posted = [each for each in received(sandbox) if each["method"] == "POST"]
    assert found.calls == len(posted) == 3
    assert found.records == 25
    assert found.bytes == sum(each["bytes"] for each in posted)


def test_batches_hold_the_records_that_the_delivery_puts_together(destination_with, dry, clock):
    destination = destination_with(*people(60))
    configuration = Configuration(
        endpoint=by_hand.endpoint("POST", "https://elsewhere.example/in"),
        rest="record",
        batch=Batch(records=5, algorithm="array"),
    )
    control.save_version(destination, configuration, user=None, now=clock())
    destination.refresh_from_db()
    build = Renderer(destination.version.read()).build
    slices = [(0, 5 * BULK_CALLS_A_SLICE), (5 * BULK_CALLS_A_SLICE, 60)]
    calls = [
        call
        for lane in destination.lanes.all()
        for first, end in slices
        for call in group.calls(configuration, starmap(build, lanes.own_lines(lane, first, end)))
    ]
    assert len(calls) == 12  # neighbours travel together, as the samples show them

    found = dry(destination)

    assert (found.records, found.calls) == (60, len(calls))


def test_rejected_records_are_counted_by_reason_with_examples(destination_with, dry):
    records = people(30)
    for offset in range(7):
        records[10 + offset] = {"plan": "pro"}
    records[3] = {"uid": "u" * 300}

    found = dry(destination_with(*records))

    assert (found.records, found.calls, found.rejected) == (22, 22, 8)
    missing = found.rejections["missing uid"]
    assert missing.count == 7
    assert missing.reason == "The record has no uid (mapped from attribute uid)."
    assert [offset for offset, _ in missing.examples] == [10, 11, 12, 13, 14]
    assert found.rejections["too_long uid"].examples[0][0] == 3


def test_records_of_a_key_that_came_before_are_counted(destination_with, dry):
    records = [*people(5), {"uid": "user-1"}, {"uid": "user-1"}, {"uid": "user-4"}]

    found = dry(destination_with(*records))

    assert found.duplicates.count == 3
    assert found.duplicates.examples == [(5, "user-1"), (6, "user-1"), (7, "user-4")]
    assert not found.is_partial


def test_a_call_beyond_the_largest_is_told_with_its_size(destination_with, dry, clock):
    destination = destination_with(
        {"uid": "a", "note": "x"}, {"uid": "b", "note": "x" * 500}, endpoint="batch-create-users"
    )
    batch = replace(destination.version.read().batch, max_bytes=300)
    save(destination, clock, batch=batch)

    found = dry(destination)

    assert (found.calls, found.oversize.count) == (2, 1)
    assert found.oversize.examples == [(1, f"{found.largest:,} bytes")]
    assert found.largest > 500


def test_a_dead_worker_is_followed_by_one_that_begins_anew(destination_with, clock, monkeypatch):
    destination = destination_with(*people(3))
    run = dryrun.start(destination, now=clock())

    class Died(BaseException):
        """Stands in for SIGKILL."""

    def die(*_args: object, **_more: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(dryrun, "forecast", die)
        with pytest.raises(Died):
            dryrun.work(run.pk, clock=clock)

    dryrun.work(run.pk, clock=clock)
    run.refresh_from_db()
    assert run.is_running  # its lease lasts
    assert dryrun.abandoned(clock()) == []

    clock.forward(seconds=31)
    assert dryrun.abandoned(clock()) == [str(run.pk)]
    dryrun.work(run.pk, clock=clock)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.share) == ("completed", 2, 1)


def test_a_dry_run_that_kills_every_worker_is_given_up(destination_with, clock):
    run = dryrun.start(destination_with(*people(3)), now=clock())
    DryRun.objects.update(attempts=dryrun.MOST_ATTEMPTS)

    dryrun.work(run.pk, clock=clock)

    run.refresh_from_db()
    assert run.status == "failed"
    assert "interrupted again and again" in run.problem


def test_the_sweep_finds_what_a_lost_hint_left_behind(destination_with, clock, monkeypatch):
    run = dryrun.start(destination_with(*people(3)), now=clock())
    nudged: list[str] = []
    monkeypatch.setattr("fsdest.hints.nudge_dry_run", nudged.append)

    sweep(now=clock())

    assert nudged == [str(run.pk)]


def test_they_are_made_one_after_another(destination_with, clock, monkeypatch):
    first, second = (dryrun.start(destination_with(*people(3)), now=clock()) for _ in range(2))
    first_lease = DryRun.objects.filter(pk=first.pk)
    first_lease.update(lease_until=clock() + timedelta(seconds=10), owner="another")

    dryrun.work(second.pk, clock=clock)
    second.refresh_from_db()
    assert second.lease_until is None

    first_lease.update(lease_until=None)
    nudged: list[str] = []
    monkeypatch.setattr("fsdest.hints.nudge_dry_run", nudged.append)
    dryrun.work(first.pk, clock=clock)
    assert nudged == [str(second.pk)]


def test_it_shows_how_far_it_is_and_keeps_its_lease(destination_with, clock, monkeypatch):
    destination = destination_with(*people(3000))
    run = dryrun.start(destination, now=clock())
    shares: list[float] = []

    def later():
        clock.forward(seconds=1)
        shares.append(DryRun.objects.get(pk=run.pk).share)
        return clock.now

    dryrun.work(run.pk, clock=later)

    run.refresh_from_db()
    assert shares == sorted(shares)
    assert 0 < shares[-2] < 1  # the last look is at what waits behind it
    assert run.is_completed


def test_asking_twice_gives_the_one_that_runs_until_the_version_is_another(destination_with, clock):
    destination = destination_with(*people(3))
    first = dryrun.start(destination, now=clock())
    assert dryrun.start(destination, now=clock()) == first

    save(destination, clock, exclude=("plan",))
    second = dryrun.start(destination, now=clock())

    first.refresh_from_db()
    assert (first.status, first.problem) == ("failed", "A newer version was saved.")
    assert second.version == destination.version
    dryrun.work(first.pk, clock=clock)
    assert DryRun.objects.get(pk=first.pk).attempts == 0


def test_the_last_few_are_kept(destination_with, dry, clock):
    destination = destination_with(*people(1))
    for _ in range(dryrun.KEPT + 3):
        clock.forward(seconds=1)
        dry(destination)

    assert destination.dry_runs.count() == dryrun.KEPT


def test_one_whose_destination_is_deleted_meanwhile_writes_nothing(destination_with, clock):
    destination = destination_with(*people(2000))
    run = dryrun.start(destination, now=clock())
    asked = 0

    def later():
        nonlocal asked
        asked += 1
        clock.forward(seconds=1)
        if asked == 3:
            control.delete(destination)
        return clock.now

    dryrun.work(run.pk, clock=later)

    assert not DryRun.objects.exists()
    assert Block.objects.exists()


def expected(destination, **counts):
    configuration = destination.version.read()
    return estimate.estimate(
        destination, configuration, Forecast(**counts), building=timedelta(seconds=1)
    )


def test_the_limit_of_the_credential_says_how_long_it_takes(destination_with):
    destination = destination_with(*people(3))
    destination.credential.per_second = 10

    found = expected(destination, records=6000, calls=6000)

    assert found.seconds == 600
    assert "At most 10 calls/s, the limit set on the credential." in found.assumes


def test_without_a_limit_it_says_what_it_assumes(destination_with, settings):
    settings.CALLS_IN_FLIGHT = 16

    found = expected(destination_with(*people(3)), records=800, calls=800)

    assert found.seconds == 10
    assert "each taking 200 ms, which is assumed" in found.assumes[0]


def test_calls_that_were_made_say_how_long_one_takes(destination_with, deliver):
    destination = destination_with(*people(3))
    deliver(destination)

    assert "as the last 3 did" in expected(destination, records=3, calls=3).assumes[0]


def test_a_delivery_is_no_faster_than_its_requests_are_made(destination_with):
    assert expected(destination_with(*people(3)), records=1, calls=1).seconds == 1


def test_import_jobs_go_in_rounds_that_take_as_long_as_the_last_ones(destination_with, clock):
    destination = destination_with(*people(3), endpoint="batch-create-users")
    counts = {"records": 1_000_000, "calls": 20}
    unknown = expected(destination, **counts)
    assert "3 rounds" in unknown.assumes[2]
    assert "not counted" in unknown.assumes[2]

    lane = destination.lanes.get()
    ImportJob.objects.create(
        destination=destination,
        lane=lane,
        version=destination.version,
        job_id="j",
        offsets=[[0, 2]],
        records=3,
        status="completed",
        created_at=clock(),
        finished_at=clock() + timedelta(seconds=90),
    )
    assert expected(destination, **counts).seconds == unknown.seconds + 2 * 90


def test_nothing_to_send_takes_no_time(destination_with):
    assert expected(destination_with(*people(3))).seconds == 0
