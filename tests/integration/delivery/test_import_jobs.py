"""A batch is delivered when its import job says so, record by record."""

from fsdest.delivery import account
from fsdest.delivery.recount import recount

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
