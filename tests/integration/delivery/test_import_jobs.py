"""A batch is delivered when its import job says so, record by record."""

import json
import time

import pytest

from fsdest.delivery import account, asking, follow, ledger
from fsdest.delivery.progress import progress
from fsdest.delivery.recount import recount
from fsdest.models import Credential, ImportJob
from fsdest.models.ledger import LATE_AFTER
from tests.integration.conftest import Answer

BULK = "batch-create-users"


def people(count: int) -> list[dict[str, object]]:
    return [{"uid": f"user-{n}", "email": f"user-{n}@example.com"} for n in range(count)]


def test_a_batch_is_one_call_and_one_job(destination_with, deliver, finish_jobs, sandbox):
    sandbox.post("settings", {"job_s": 0})
    destination = destination_with(*people(1500), endpoint=BULK)

    deliver(destination)
    finish_jobs(destination)

    (job,) = destination.jobs.all()
    assert (job.records, job.imported, job.errors) == (1500, 1500, 0)
    assert len(sandbox.get("uids")["uids"]) == 1500
    assert account.balance(destination).delivered == 1500
    assert recount(destination).is_right


def test_records_of_a_running_job_are_not_yet_delivered(destination_with, deliver, sandbox, clock):
    sandbox.post("settings", {"job_s": 3600})
    destination = destination_with(*people(10), endpoint=BULK)

    deliver(destination)

    balance = account.balance(destination)
    assert (balance.in_jobs, balance.delivered, balance.is_balanced) == (10, 0, True)


def test_each_error_of_a_job_is_mapped_to_its_record(
    destination_with, deliver, finish_jobs, sandbox
):
    sandbox.post("settings", {"job_s": 0, "page_size": 5})
    bad = {n: {"uid": f"user-{n}", "bad name": 1} for n in range(0, 60, 4)}
    records = [bad.get(n, person) for n, person in enumerate(people(60))]
    destination = destination_with(*records, endpoint=BULK)

    deliver(destination)
    finish_jobs(destination)

    assert [q.offset for q in destination.quarantined.all()] == sorted(bad)
    assert all(q.message for q in destination.quarantined.all())
    assert len(sandbox.get("uids")["uids"]) == 45
    assert recount(destination).is_right


def test_a_refused_batch_is_halved_down_to_the_guilty_record(
    destination_with, deliver, finish_jobs, sandbox
):
    sandbox.post("settings", {"job_s": 0})
    sandbox.play(
        kind="status", status=400, body={"code": "bad", "message": "no"}, contains="user-37@"
    )
    destination = destination_with(*people(64), endpoint=BULK)

    deliver(destination)
    finish_jobs(destination)

    (guilty,) = destination.quarantined.all()
    assert guilty.offset == 37
    creates = [
        r for r in sandbox.get("ledger?limit=500")["requests"] if r["path"] == "/v2/users/batch"
    ]
    assert len(creates) <= 2 * 6 + 1
    assert account.balance(destination).delivered == 63
    assert recount(destination).is_right


def test_a_batch_that_is_mostly_refused_halts_the_destination(destination_with, deliver, sandbox):
    sandbox.play(
        kind="status",
        status=400,
        body={"code": "bad", "message": "no"},
        route="POST /v2/users/batch",
    )
    destination = destination_with(*people(64), endpoint=BULK)

    deliver(destination)

    assert destination.needs_attention
    balance = account.balance(destination)
    assert balance.pending >= 32
    assert balance.is_balanced


def test_a_job_that_fullstory_forgot_stays_open_and_says_so(
    destination_with, deliver, sandbox, clock
):
    sandbox.post("settings", {"job_s": 3600})
    destination = destination_with(*people(3), endpoint=BULK)
    deliver(destination)
    sandbox.reset()
    clock.forward(minutes=1)

    deliver(destination)

    (job,) = destination.jobs.all()
    assert job.is_open
    assert job.problem
    assert account.balance(destination).is_balanced


def test_a_job_is_settled_once_though_a_slow_worker_and_its_successor_both_follow_it(
    destination_with, deliver, finish_jobs, sandbox, clock, monkeypatch
):
    sandbox.post("settings", {"job_s": 0})
    destination = destination_with(*people(10), endpoint=BULK)
    with monkeypatch.context() as patch:
        patch.setattr(follow, "follow", lambda **_options: None)
        deliver(destination)
    settle = follow.Following._settle
    late = []

    def slowly(following, refused):
        if not late:
            late.append(following)
            clock.forward(seconds=ledger.lease().total_seconds() + 1)
            follow.follow(clock=clock)  # the successor
        settle(following, refused)

    monkeypatch.setattr(follow.Following, "_settle", slowly)
    finish_jobs(destination)

    assert late
    assert account.balance(destination).delivered == 10
    assert recount(destination).is_right


def open_jobs(destination, count, *, at):
    """Give `destination` so many jobs that FullStory has never heard of, but answers for."""
    lane = destination.lanes.first()
    ImportJob.objects.bulk_create(
        ImportJob(
            destination=destination,
            lane=lane,
            version=destination.version,
            job_id=f"job-{n}",
            offsets=[[n, n]],
            records=1,
            created_at=at,
            due_at=at,
        )
        for n in range(count)
    )


@pytest.fixture
def slow_fullstory(stand_in):
    """A FullStory that takes 100 ms to say that a job is at work."""
    body = json.dumps({"job": {"status": "PROCESSING"}}).encode()
    stand_in.answers = [Answer(body=body, takes_s=0.1)]
    return stand_in


def test_a_hundred_open_jobs_are_asked_about_in_one_round(destination_with, clock, slow_fullstory):
    destination = destination_with(*people(3), endpoint=BULK)
    open_jobs(destination, 100, at=clock())
    began = time.monotonic()

    follow.follow(clock=clock)

    took = time.monotonic() - began
    assert len(slow_fullstory.received) == 100
    assert ImportJob.objects.filter(polls=1, lease_until=None, due_at__gt=clock()).count() == 100
    assert took < 5, f"{took:.1f} s: one after the other it would be 10"


@pytest.mark.parametrize("says", [{"status": 429}, {"cuts": True}])
def test_a_fullstory_that_does_not_answer_is_left_alone_for_the_rest_of_the_round(
    destination_with, clock, stand_in, says
):
    stand_in.answers = [Answer(**says)]
    destination = destination_with(*people(3), endpoint=BULK)
    open_jobs(destination, 100, at=clock())

    follow.follow(clock=clock)

    assert len(stand_in.received) <= 2 * asking.AT_ONCE
    untouched = ImportJob.objects.filter(polls=0, lease_until=None, due_at=clock(), owner="")
    assert untouched.count() >= 100 - 2 * asking.AT_ONCE


def test_a_pause_that_fullstory_asks_for_when_asked_about_a_job_holds_the_credential(
    destination_with, deliver, sandbox, clock
):
    sandbox.post("settings", {"job_s": 36_000})
    destination = destination_with(*people(10), endpoint=BULK)
    deliver(destination)
    sandbox.play(kind="status", status=429, headers={"Retry-After": "600"}, route="GET *", times=1)
    clock.forward(seconds=60)
    follow.follow(clock=clock)
    destination.credential.refresh_from_db()
    held_until = destination.credential.hold_until
    before = sandbox.get("state")["requests"]
    assert abs((held_until - clock()).total_seconds() - 600) < 5

    ImportJob.objects.update(due_at=clock())
    clock.forward(seconds=60)
    follow.follow(clock=clock)

    assert sandbox.get("state")["requests"] == before, "nobody asks meanwhile"
    job = destination.jobs.get()
    assert job.problem == "FullStory asks us to wait."
    assert job.is_open
    assert abs((job.due_at - held_until).total_seconds()) < 90


def test_a_key_that_does_not_open_leaves_the_jobs_open(destination_with, clock, stand_in):
    destination = destination_with(*people(3), endpoint=BULK)
    open_jobs(destination, 3, at=clock())
    Credential.objects.update(sealed_key="sealed with another key")

    follow.follow(clock=clock)

    assert stand_in.received == []
    assert all(job.is_open and job.problem for job in destination.jobs.all())


def test_a_job_that_does_not_end_is_told_after_two_hours_and_followed_on(
    destination_with, deliver, sandbox, clock
):
    sandbox.post("settings", {"job_s": 36_000})
    destination = destination_with(*people(10), endpoint=BULK)
    deliver(destination)
    clock.forward(minutes=119)
    assert progress(destination, now=clock()).late is None

    clock.forward(minutes=2)
    polls = destination.jobs.get().polls
    follow.follow(clock=clock)

    late = progress(destination, now=clock()).late
    assert (late.jobs, late.records, late.since >= LATE_AFTER) == (1, 10, True)
    assert destination.jobs.get().polls == polls + 1
    assert account.balance(destination).in_jobs == 10
