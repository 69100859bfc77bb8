"""A record that kills each worker that builds or sends it is set aside, and no other one is."""

import random
from dataclasses import asdict, replace

import pytest
from django.db import OperationalError
from django.utils import timezone

from fsdest.delivery import account, control, decisions, killers, lanes, ledger, quarantine, run
from fsdest.delivery.evidence import Evidence
from fsdest.delivery.quarantine import Scope
from fsdest.delivery.recount import recount
from fsdest.delivery.wire import Wire
from fsdest.models import Decision, Lane
from fsdest.payloads.build import Renderer

KILLER = b"killer"
ELSEWHERE = "f" * 32
MOST_DEATHS = 60
WRITES_A_RECORD = 6  # of a worker that goes carefully, from its start on


class Died(BaseException):
    """Stands in for SIGKILL: nothing in the product may catch it."""


@pytest.fixture(autouse=True)
def import_at_once(sandbox):
    sandbox.post("settings", {"job_s": 0})


def deadly(real, bytes_of):
    """Return `real`, of which dies who does it to bytes with the word in them."""

    def dying(self, *arguments):
        if KILLER in bytes_of(*arguments):
            raise Died
        return real(self, *arguments)

    return dying


@pytest.fixture
def kills(monkeypatch):
    """`kills("building")`: whoever builds a record with the word dies; or "sending" it."""

    def kills(doing):
        ways = {
            "building": (
                (Renderer, "build", lambda _, line: line),
                (Renderer, "part", lambda _, lines: b"".join(lines)),
            ),
            "sending": ((Wire, "send", lambda call, _: b"".join(p.item for p in call.payloads)),),
        }
        for place, name, bytes_of in ways[doing]:
            monkeypatch.setattr(place, name, deadly(getattr(place, name), bytes_of))

    return kills


@pytest.fixture
def work(clock):
    """`work(destination)` works lanes, with a fresh worker for each that dies, until nothing is
    left; returns how many died."""

    def work(destination):
        control.activate(destination, now=clock())
        deaths = 0
        while due := list(Lane.objects.workable(clock()).values_list("pk", flat=True)):
            for lane_id in due:
                try:
                    run.work(lane_id, clock=clock)
                except (Died, RecursionError, OperationalError) as end:
                    deaths += 1
                    assert deaths < MOST_DEATHS
                    if isinstance(end, Died):
                        bury(lane_id)
            if any(Lane.objects.exclude(lease_until=None)):
                clock.now += ledger.lease()
        return deaths

    return work


def bury(lane_id):
    """Have a lane's worker be one of another machine, of whose end nothing else tells."""
    lane = Lane.objects.get(pk=lane_id)
    if lane.on_trial:
        lane.on_trial["owner"] = ELSEWHERE
    lane.save(update_fields=["on_trial"])


def people(count, bad):
    return [
        {"uid": f"user-{n}", "display_name": "killer" if n in bad else "Ann"} for n in range(count)
    ]


def uids(sandbox):
    return sorted(effect["uid"] for effect in sandbox.get("effects")["effects"])


def open_offsets(destination):
    rows = quarantine.open_records(destination)
    return {row.offset: (row.code, row.reason) for row in rows.order_by("offset")}


@pytest.mark.parametrize("bad", [{0}, {150}, {299}, {7, 8, 150}], ids=str)
@pytest.mark.parametrize("doing", ["building", "sending"])
def test_one_of_many_single_records_is_found_and_the_lane_goes_on(
    destination_with, kills, work, sandbox, doing, bad
):
    destination = destination_with(*people(300, bad))
    kills(doing)

    deaths = work(destination)

    found = open_offsets(destination)
    assert set(found) == bad
    assert {code for code, _ in found.values()} == {killers.CODE}
    assert all("died three times" in reason for _, reason in found.values())
    assert all(("may have been" in reason) is (doing == "sending") for _, reason in found.values())
    assert deaths <= 5 * len(bad)
    assert uids(sandbox) == sorted(f"user-{n}" for n in range(300) if n not in bad)
    assert account.balance(destination).delivered == 300 - len(bad)
    assert recount(destination).is_right
    assert not Lane.objects.exclude(on_trial=None, claims=0)


def in_batches_of(destination, records):
    configuration = destination.version.read()
    batch = replace(configuration.batch, records=records)
    control.save_version(
        destination, replace(configuration, batch=batch), user=None, now=timezone.now()
    )
    destination.refresh_from_db()


@pytest.mark.parametrize("bad", [{0}, {150}, {299}, {7, 8}], ids=str)
@pytest.mark.parametrize("doing", ["building", "sending"])
def test_one_of_a_batch_is_found_by_halving(
    destination_with, kills, work, finish_jobs, sandbox, doing, bad
):
    destination = destination_with(*people(300, bad), endpoint="batch-create-users")
    in_batches_of(destination, 100)
    kills(doing)

    deaths = work(destination)
    finish_jobs(destination)

    found = open_offsets(destination)
    assert set(found) == bad
    assert {code for code, _ in found.values()} == {killers.CODE}
    assert deaths <= 12 * len(bad)
    good = [f"user-{n}" for n in range(300) if n not in bad]
    assert set(uids(sandbox)) == set(good)
    assert len(uids(sandbox)) == len(good) or doing == "sending"  # twice does the same as once
    assert account.balance(destination).delivered == 300 - len(bad)
    assert recount(destination).is_right


def test_a_batch_of_events_is_not_halved_since_it_may_have_been_taken(
    destination_with, kills, work, finish_jobs, sandbox
):
    events = [
        {
            "name": "killer" if n == 42 else "Seen",
            "uid": f"user-{n}",
            "timestamp": "2026-01-01T00:00:00Z",
        }
        for n in range(90)
    ]
    destination = destination_with(*events, endpoint="create-batch-events-import-job")
    in_batches_of(destination, 30)
    kills("sending")

    work(destination)
    finish_jobs(destination)

    found = open_offsets(destination)
    assert set(found) == set(range(30, 60))
    assert all("batch" in why and "may have been" in why for _, why in found.values())
    assert account.balance(destination).delivered == 60
    assert recount(destination).is_right


@pytest.mark.parametrize("doing", ["building", "sending"])
def test_a_killer_that_was_released_is_found_again(destination_with, kills, work, clock, doing):
    destination = destination_with(*people(20, {5}))
    kills(doing)
    work(destination)
    decisions.decide(destination, Decision.Verb.RELEASE, Scope(), now=clock())

    work(destination)

    assert set(open_offsets(destination)) == {5}
    assert not destination.parked.exists()
    assert recount(destination).is_right


@pytest.mark.parametrize("endpoint", ["create-or-update-user", "batch-create-users"])
def test_a_killer_that_was_released_goes_out_though_its_slice_is_not_done(
    destination_with, work, finish_jobs, clock, sandbox, endpoint
):
    destination = destination_with(*people(20, {5}), endpoint=endpoint)
    control.activate(destination, now=clock())
    line = destination.nexset.line(5)
    lane = destination.lanes.get(number=lanes.number_of(destination, 5, line))
    lane = ledger.claim(lane.pk, now=clock())
    ledger.cut(lane, size=20)
    ledger.put_on_trial(lane, asdict(Evidence(owner=ELSEWHERE, offsets=[[5, 5]], deaths=2)))
    killers.set_aside(lane, now=clock())
    assert set(open_offsets(destination)) == {5}
    Lane.objects.update(owner="", lease_until=None)
    decisions.decide(destination, Decision.Verb.RELEASE, Scope(), now=clock())

    work(destination)
    finish_jobs(destination)

    assert open_offsets(destination) == {}
    assert sorted(uids(sandbox)) == sorted(f"user-{n}" for n in range(20))
    assert recount(destination).is_right


def test_released_records_travel_on_though_one_of_their_batch_kills(
    destination_with, kills, work, finish_jobs, clock, sandbox, monkeypatch
):
    sandbox.play(kind="status", status=400, route="POST /v2/users/batch")
    destination = destination_with(*people(14, {5}), endpoint="batch-create-users")
    work(destination)
    sandbox.reset()
    kills("sending")
    decisions.decide(destination, Decision.Verb.RELEASE, Scope(), now=clock())

    work(destination)
    finish_jobs(destination)

    assert set(open_offsets(destination)) == {5}
    assert set(uids(sandbox)) == {f"user-{n}" for n in range(14) if n != 5}
    assert recount(destination).is_right


@pytest.mark.parametrize("seed", range(4))
def test_workers_that_others_kill_get_nobody_into_quarantine(
    destination_with, work, sandbox, monkeypatch, seed
):
    """Some before they have done anything, the others once they are through with one record."""
    chance, left, written = random.Random(seed), 16, 0
    real = {name: getattr(ledger, name) for name in ("cut", "put_on_trial", "checkpoint")}

    def killed_before(name):
        def dying(*args, **options):
            nonlocal left, written
            written = 0 if name == "cut" else written + 1
            is_time = name == "cut" or written > WRITES_A_RECORD
            if left and is_time and chance.random() < 0.7:
                left -= 1
                raise Died
            return real[name](*args, **options)

        return dying

    destination = destination_with(*people(120, set()))
    for name in real:
        monkeypatch.setattr(ledger, name, killed_before(name))
    assert work(destination) >= 3

    assert open_offsets(destination) == {}
    assert account.balance(destination).delivered == 120
    assert uids(sandbox) == sorted(f"user-{n}" for n in range(120))


def test_a_bug_over_one_record_counts_as_a_death_and_a_database_that_fails_does_not(
    destination_with, work, sandbox, monkeypatch
):
    destination = destination_with(*people(40, {7}))
    real_build, real_checkpoint, left = Renderer.build, ledger.checkpoint, 12

    def build(self, offset, line):
        if KILLER in line:
            raise RecursionError
        return real_build(self, offset, line)

    def checkpoint(lane, entries, *args, **options):
        nonlocal left
        if entries and left:
            left -= 1
            raise OperationalError("database or disk is full")
        real_checkpoint(lane, entries, *args, **options)

    monkeypatch.setattr(Renderer, "build", build)
    monkeypatch.setattr(ledger, "checkpoint", checkpoint)

    work(destination)

    assert not left
    assert set(open_offsets(destination)) == {7}
    assert uids(sandbox) == sorted(f"user-{n}" for n in range(40) if n != 7)
    assert recount(destination).is_right
