"""Releasing and discarding many records: in chunks, by any worker, cancelled or killed at will."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from fsdest import hints
from fsdest.delivery import account, as_sent, control, decisions, edits, presence, quarantine, run
from fsdest.delivery.quarantine import Scope
from fsdest.delivery.recount import recount
from fsdest.models import Decision, Lane, Parked, QuarantinedRecord
from fsdest.sweep import sweep

Verb = Decision.Verb
OPEN = QuarantinedRecord.Status.OPEN


def people(count):
    return [{"uid": f"user-{n}", "plan": "pro"} for n in range(count)]


@pytest.fixture
def small_chunks(monkeypatch):
    """A chunk holds ten records, so that a few of them are many."""
    monkeypatch.setattr(decisions, "AT_ONCE", 10)


@pytest.fixture
def set_aside(destination_with, deliver, sandbox, clock, small_chunks):
    """`set_aside(35)`: a destination with so many records in quarantine, FullStory well again."""

    def make(count):
        destination = destination_with(*people(count))
        body = {"code": "bad", "message": "no"}
        sandbox.play(kind="status", status=400, body=body, contains="user", saved=False)
        deliver(destination)
        sandbox._session.delete(f"{sandbox.url}/_sandbox/faults", timeout=5)
        assert account.balance(destination).quarantined == count
        clock.forward(seconds=1)
        return destination

    return make


@pytest.fixture
def die_after(monkeypatch):
    """`die_after(2)`: the worker dies at the end of the transaction of the third chunk."""

    class DiedError(BaseException):
        """Stands in for SIGKILL: nothing in the product may catch it."""

    def die(chunks):
        write, left = decisions._write, [chunks]

        def dying(decision, **changes):
            write(decision, **changes)
            left[0] -= 1
            if left[0] < 0:
                raise DiedError

        monkeypatch.setattr(decisions, "_write", dying)
        return DiedError, lambda: monkeypatch.setattr(decisions, "_write", write)

    return die


def test_a_release_of_many_is_left_to_a_worker_and_balances_all_the_while(
    set_aside, deliver, clock
):
    destination = set_aside(35)

    decision = decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    assert (decision.is_running, decision.total, decision.done) == (True, 35, 0)
    decisions.work(decision.pk, clock=clock)

    decision.refresh_from_db()
    assert (decision.status, decision.done) == ("completed", 35)
    assert recount(destination).is_right
    deliver(destination)
    assert account.balance(destination).delivered == 35
    assert recount(destination).is_right


def test_a_worker_that_dies_between_chunks_loses_and_doubles_nothing(
    set_aside, deliver, clock, die_after
):
    destination = set_aside(35)
    decision = decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    died, revive = die_after(2)
    with pytest.raises(died):
        decisions.work(decision.pk, clock=clock)
    revive()
    assert Parked.objects.count() == 20
    assert account.balance(destination).is_balanced
    assert decisions.abandoned(clock()) == []  # it may be alive

    clock.forward(seconds=31)
    assert decisions.abandoned(clock()) == [decision.pk]
    decisions.work(decision.pk, clock=clock)

    decision.refresh_from_db()
    assert (decision.status, decision.done) == ("completed", 35)
    assert Parked.objects.count() == 35
    deliver(destination)
    assert account.balance(destination).delivered == 35


def test_a_cancelled_release_leaves_the_rest_in_quarantine(set_aside, clock, monkeypatch):
    destination = set_aside(35)
    decision = decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    step = decisions._step

    def step_then_cancel(own, *, now):
        goes_on = step(own, now=now)
        decisions.cancel(decision, now=now)
        return goes_on

    monkeypatch.setattr(decisions, "_step", step_then_cancel)
    decisions.work(decision.pk, clock=clock)

    decision.refresh_from_db()
    assert (decision.status, decision.done) == ("cancelled", 10)
    balance = account.balance(destination)
    assert (balance.parked, balance.quarantined, balance.is_balanced) == (10, 25, True)
    assert not decisions.cancel(decision, now=clock())


def test_a_worker_whose_lease_was_taken_over_writes_nothing(set_aside, clock, monkeypatch):
    destination = set_aside(15)
    decision = decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    slow = decisions._claim(decision.pk, now=clock())
    clock.forward(seconds=31)
    monkeypatch.setattr(presence, "name", lambda: "another")
    assert decisions._claim(decision.pk, now=clock()) is not None

    with pytest.raises(decisions.LostLeaseError):
        decisions._step(slow, now=clock())

    assert account.balance(destination).quarantined == 15


def test_a_record_that_is_refused_again_while_the_others_go_is_not_released_again(
    set_aside, deliver, clock, sandbox
):
    destination = set_aside(35)
    decision = decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    own = decisions._claim(decision.pk, now=clock())
    decisions._step(own, now=clock())
    clock.forward(seconds=1)
    body = {"code": "bad", "message": "no"}
    sandbox.play(kind="status", status=400, body=body, contains="user", saved=False)
    deliver(destination)

    while decisions._step(own, now=clock()):
        pass

    balance = account.balance(destination)
    assert (balance.parked, balance.quarantined) == (25, 10)
    assert recount(destination).is_right


def test_what_was_set_aside_after_it_was_counted_stays(set_aside, clock):
    destination = set_aside(5)
    counted_at = clock()
    clock.forward(seconds=5)
    destination.quarantined.filter(offset=3).update(quarantined_at=clock())

    decision = decisions.decide(destination, Verb.DISCARD, Scope(until=counted_at), now=clock())

    assert decision.done == 4
    assert quarantine.open_records(destination).get().offset == 3
    assert recount(destination).is_right


def test_the_original_configuration_or_the_current_one(set_aside, deliver, clock):
    destination = set_aside(2)
    configuration = destination.version.read()
    control.save_version(
        destination, replace(configuration, exclude=("plan",)), user=None, now=clock()
    )
    destination.refresh_from_db()
    first, second = destination.quarantined.order_by("offset")

    decisions.decide(
        destination, Verb.RELEASE, Scope(ids=[first.pk]), is_original=True, now=clock()
    )
    decisions.decide(destination, Verb.RELEASE, Scope(ids=[second.pk]), now=clock())

    versions = dict(Parked.objects.values_list("offset", "version__number"))
    assert versions == {first.offset: 1, second.offset: 2}


def test_the_sweep_finds_a_decision_whose_hint_was_lost(set_aside, clock, hinted):
    destination = set_aside(35)
    decision = decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())

    sweep(now=clock())

    assert ("fsdest.tasks.work_decision", {"decision_id": decision.pk}) in hinted


@pytest.fixture
def hinted(monkeypatch):
    """What workers were told, as (task, arguments)."""
    told = []
    monkeypatch.setattr(hints, "_after_commit", lambda task, given: told.append((task, given)))
    monkeypatch.setattr(hints, "is_first", lambda *_name, **_span: True)
    return told


def test_a_lane_that_gave_itself_back_while_a_record_was_released_is_woken(set_aside, clock):
    destination = set_aside(5)
    decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    destination.lanes.update(due_at=None)  # as a worker does that had not seen them

    sweep(now=clock())

    with_records = set(Parked.objects.values_list("lane", flat=True))
    due = set(Lane.objects.filter(due_at__lte=clock()).values_list("pk", flat=True))
    assert due == with_records


def test_a_lane_is_not_woken_for_a_record_that_queues_behind_one_that_is_not_due(
    destination_with, clock
):
    destination = destination_with(*people(3))
    lane = destination.lanes.first()
    destination.lanes.update(due_at=None, cursor=3)
    for offset, minutes in ((0, 5), (1, 0)):
        Parked.objects.create(
            destination=destination,
            lane=lane,
            version=destination.version,
            offset=offset,
            order_key="ann",
            due_at=clock() + timedelta(minutes=minutes),
            parked_at=clock(),
        )

    sweep(now=clock())

    lane.refresh_from_db()
    assert lane.due_at is None


def test_released_records_of_a_user_go_in_their_order_behind_a_parked_one(
    destination_with, deliver, clock, sandbox
):
    destination = destination_with(*({"uid": "ann", "visits": n} for n in range(4)), *people(3))
    body = {"code": "bad", "message": "no"}
    sandbox.play(kind="status", status=503, contains='"visits":0')
    sandbox.play(kind="status", status=400, body=body, contains="user", saved=False)
    deliver(destination)
    queued = destination.parked.order_by("offset")
    assert [each.offset for each in queued] == [0, 1, 2, 3]
    lane = queued[0].lane
    queued[2].delete()  # as if FullStory had refused it
    QuarantinedRecord.objects.create(
        destination=destination,
        lane=lane,
        version=destination.version,
        offset=2,
        code="bad",
        reason="no",
        quarantined_at=clock(),
    )
    sandbox._session.delete(f"{sandbox.url}/_sandbox/faults", timeout=5)

    decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
    assert destination.parked.get(offset=2).order_key == "ann"
    for _ in range(6):
        clock.forward(hours=1)
        for lane_id in Lane.objects.workable(clock()).values_list("pk", flat=True):
            run.work(lane_id, clock=clock)

    sent = [r for r in sandbox.get("effects?limit=500")["effects"] if r["uid"] == "ann"]
    assert len(sent) == 4
    assert account.balance(destination).delivered == 7
    assert sandbox.get("users?uid=ann")["users"][0]["properties"]["visits"] == 3


def test_an_edited_record_is_sent_and_the_block_keeps_what_came_in(
    set_aside, deliver, clock, sandbox, django_user_model
):
    ann = django_user_model.objects.create_user("ann")
    destination = set_aside(3)
    row = destination.quarantined.get(offset=1)
    before = as_sent.request(row)

    went = decisions.release_edited(
        row,
        {"uid": "user-1", "plan": "free"},
        is_original=False,
        user=ann,
        now=clock(),
    )
    assert went
    deliver(destination)

    assert account.balance(destination).delivered == 1
    assert sandbox.get("users?uid=user-1")["users"][0]["properties"]["plan"] == "free"
    assert json.loads(destination.nexset.line(1)) == {"uid": "user-1", "plan": "pro"}
    edit = edits.last(destination, 1)
    assert edit.edited_by == ann
    sent = sandbox.get("ledger?limit=500")["requests"]
    keys = {r["idempotency_key"] for r in sent if r["path"] == "/v2/users"}
    assert dict(before.headers)["Idempotency-Key"] in keys  # as it was sent, to the byte
    assert len(keys) == 4
    assert recount(destination).is_right


def test_an_edited_record_that_is_refused_again_shows_what_was_sent(
    set_aside, deliver, clock, sandbox
):
    destination = set_aside(1)
    row = destination.quarantined.get()
    decisions.release_edited(
        row, {"uid": "user-0", "plan": "free"}, is_original=False, user=None, now=clock()
    )
    clock.forward(seconds=1)
    body = {"code": "bad", "message": "no"}
    sandbox.play(kind="status", status=400, body=body, contains="user", saved=False)
    deliver(destination)

    row.refresh_from_db()

    assert row.status == OPEN
    assert b"free" in as_sent.request(row).body
    last = [r for r in sandbox.get("ledger?limit=500")["requests"] if r["path"] == "/v2/users"][-1]
    assert dict(as_sent.request(row).headers)["Idempotency-Key"] == last["idempotency_key"]


def test_an_edited_record_is_told_from_the_others_of_its_import_job(
    destination_with, deliver, finish_jobs, clock, sandbox
):
    sandbox.post("settings", {"job_s": 0})
    destination = destination_with(
        {"uid": "ann", "bad name": 1}, {"uid": "bob"}, endpoint="batch-create-users"
    )
    deliver(destination)
    finish_jobs(destination)
    row = destination.quarantined.get()

    decisions.release_edited(
        row, {"uid": "ann", "worse name": 2}, is_original=False, user=None, now=clock()
    )
    deliver(destination)
    finish_jobs(destination)

    row.refresh_from_db()
    assert row.status == OPEN
    assert row.code != "unconfirmed"
    assert recount(destination).is_right


def test_a_record_that_was_released_meanwhile_is_not_edited(set_aside, clock):
    destination = set_aside(1)
    row = destination.quarantined.get()
    decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())

    went = decisions.release_edited(
        row, {"uid": "user-0"}, is_original=False, user=None, now=clock()
    )

    assert not went
    assert edits.last(destination, 0) is None


def test_a_chunk_costs_as_few_queries_as_one_record(
    set_aside, clock, django_assert_max_num_queries
):
    destination = set_aside(10)
    with django_assert_max_num_queries(40):
        decisions.decide(destination, Verb.RELEASE, Scope(), now=clock())
