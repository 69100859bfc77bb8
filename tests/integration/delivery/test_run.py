"""The road: records are sent, refused ones set aside, and the account balances."""

from datetime import timedelta

from fsdest.delivery import account, control, pages, run, schedule
from fsdest.delivery.account import Balance
from fsdest.delivery.recount import recount
from fsdest.delivery.width import Width


def users(*uids: str) -> list[dict[str, object]]:
    return [{"uid": uid, "email": f"{uid}@example.com", "plan": "pro"} for uid in uids]


def books(**places: int) -> Balance:
    names = ("accepted", "delivered", "in_jobs", "pending", "parked", "skipped", "quarantined")
    return Balance(**{name: places.get(name, 0) for name in names})


def test_every_user_reaches_fullstory_once(destination_with, deliver, sandbox):
    destination = destination_with(*users(*(f"user-{n}" for n in range(300))))

    deliver(destination)

    effects = sandbox.get("effects")["effects"]
    assert sorted(e["uid"] for e in effects) == sorted(f"user-{n}" for n in range(300))
    assert account.balance(destination) == books(accepted=300, delivered=300)
    assert recount(destination).is_right


def test_the_rest_of_a_record_goes_into_properties(destination_with, deliver, sandbox):
    deliver(destination_with({"uid": "ann", "display_name": "Ann", "plan": "pro", "seats": 3}))

    (ann,) = sandbox.get("users?uid=ann")["users"]
    assert ann["display_name"] == "Ann"
    assert ann["properties"] == {"plan": "pro", "seats": 3}


def test_a_refused_record_is_set_aside_alone(destination_with, deliver, sandbox):
    sandbox.play(
        kind="status",
        status=400,
        body={"code": "invalid_argument", "message": "no such plan"},
        contains='"bad"',
    )
    destination = destination_with(*users("ann", "bad", "cat"))

    deliver(destination)

    assert sorted(sandbox.get("uids")["uids"]) == ["ann", "cat"]
    (record,) = destination.quarantined.all()
    assert (record.offset, record.code, record.message) == (1, "invalid_argument", "no such plan")
    assert account.balance(destination) == books(accepted=3, delivered=2, quarantined=1)
    assert recount(destination).is_right


def test_a_record_without_uid_is_set_aside_and_never_sent(destination_with, deliver, sandbox):
    destination = destination_with({"uid": "ann"}, {"email": "no-uid@example.com"})

    deliver(destination)

    assert sandbox.get("uids")["uids"] == ["ann"]
    (record,) = destination.quarantined.all()
    assert record.reply_status is None
    assert recount(destination).is_right


def test_a_lost_reply_does_not_write_a_user_twice(destination_with, deliver, sandbox):
    sandbox.play(kind="cut_after", nth=1)
    destination = destination_with(*users("ann"))

    deliver(destination)

    assert len(sandbox.get("effects")["effects"]) == 1
    assert account.balance(destination) == books(accepted=1, delivered=1)


def test_a_plain_500_is_retried_under_a_key_of_its_own(destination_with, deliver, sandbox):
    sandbox.play(kind="status", status=500, times=1)
    destination = destination_with(*users("ann"))

    deliver(destination)

    requests = sandbox.get("ledger")["requests"]
    assert len({r["idempotency_key"] for r in requests}) == 2
    assert account.balance(destination) == books(accepted=1, delivered=1)


def test_records_of_one_user_keep_their_order(destination_with, deliver, sandbox):
    records = [{"uid": f"user-{n % 7}", "step": n} for n in range(210)]
    destination = destination_with(*records)

    deliver(destination)

    sent = [r["body"] for r in sandbox.get("ledger?limit=500")["requests"]]
    for user in range(7):
        steps = [body for body in sent if f'"user-{user}"' in body]
        assert steps == sorted(steps, key=lambda body: int(body.split('"step":')[1].split("}")[0]))


def test_a_rejected_key_halts_and_the_records_wait(destination_with, deliver, sandbox):
    sandbox.play(kind="status", status=401)
    destination = destination_with(*users("ann", "bob"))

    deliver(destination)

    assert destination.needs_attention
    assert "key" in destination.status_reason
    assert account.balance(destination) == books(accepted=2, pending=2)


def test_a_rate_limited_delivery_waits_as_long_as_fullstory_asks(
    destination_with, deliver, clock, sandbox
):
    sandbox.play(kind="status", status=429, headers={"Retry-After": "60"}, times=1)
    destination = destination_with(*users("ann"))

    deliver(destination)
    clock.forward(seconds=58)
    deliver(destination)
    assert sandbox.get("uids")["uids"] == []
    assert account.balance(destination).pending == 1


def test_a_worker_that_starts_later_learns_of_the_wait_from_the_books(
    destination_with, deliver, clock, sandbox
):
    sandbox.play(kind="status", status=429, headers={"Retry-After": "60"}, times=1)
    destination = destination_with(*users("ann"))

    deliver(destination)

    clock.forward(seconds=50)
    (lane,) = destination.lanes.exclude(waits_for="")
    assert 8 < schedule.hold(lane, now=clock()).wait.total_seconds() <= 10


def test_a_refusal_for_too_many_calls_lets_fewer_be_made_at_once(
    destination_with, deliver, sandbox, monkeypatch
):
    narrowed = []
    monkeypatch.setattr(Width, "narrow", lambda width: narrowed.append(width))
    sandbox.play(kind="status", status=429, headers={"Retry-After": "60"}, times=1)

    deliver(destination_with(*users("ann")))

    assert len(narrowed) == 1


def test_a_long_delivery_makes_room_for_another_that_waits(
    destination_with, clock, sandbox, monkeypatch
):
    long = destination_with(*users(*(f"user-{n}" for n in range(5_000))))
    short = destination_with(*users("ann"))
    for destination in (long, short):
        control.activate(destination, now=clock())
    lanes = [*long.lanes.all(), *short.lanes.all()]
    moments = 0

    def ticking():
        nonlocal moments
        moments += 1
        return clock() + moments * timedelta(milliseconds=20)

    run.work(lanes[0].pk, clock=ticking)

    assert "ann" not in sandbox.get("uids")["uids"]
    assert 0 < account.balance(long).delivered < 1_250
    for lane in lanes[4:]:
        run.work(lane.pk, clock=ticking)
    assert "ann" in sandbox.get("uids")["uids"]


def test_a_failing_record_parks_alone_and_later_ones_of_its_user_queue_behind(
    destination_with, deliver, clock, sandbox
):
    sandbox.play(kind="status", status=502, contains='"step":0,', times=3)
    records = [{"uid": "ann", "step": 0, "x": 1}, {"uid": "ann", "step": 1, "x": 1}]
    others = users(*(f"user-{n}" for n in range(40)))
    destination = destination_with(*records, *others)

    deliver(destination)
    assert account.balance(destination).parked == 2
    assert sandbox.get("users?uid=ann")["users"] == []
    assert recount(destination).is_right

    clock.forward(hours=1)
    deliver(destination)
    (ann,) = sandbox.get("users?uid=ann")["users"]
    assert ann["properties"]["step"] == 1
    assert account.balance(destination) == books(accepted=42, delivered=42)
    assert recount(destination).is_right


def test_a_key_that_fullstory_repeats_is_kept_nowhere(destination_with, deliver, sandbox):
    key = "na1.admin.delivery/TEST"
    sandbox.play(kind="status", status=400, body={"code": "bad", "message": f"key {key} says no"})
    destination = destination_with(*users("ann"))

    deliver(destination)

    (record,) = destination.quarantined.all()
    assert record.message == "key [redacted] says no"
    (call,) = pages.recent(destination, 5)
    assert key not in call.message
