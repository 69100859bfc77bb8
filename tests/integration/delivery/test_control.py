"""What a person does to a destination: pause, edit, copy, delete, release, discard."""

from dataclasses import replace

from fsdest.delivery import account, control, decisions, ledger, run
from fsdest.delivery.quarantine import Scope
from fsdest.delivery.recount import recount
from fsdest.models import Decision, Destination, Lane

Verb = Decision.Verb


def people(count: int) -> list[dict[str, object]]:
    return [{"uid": f"user-{n}", "plan": "pro"} for n in range(count)]


def refuse(sandbox, text: str) -> None:
    sandbox.play(kind="status", status=400, body={"code": "bad", "message": "no"}, contains=text)


def test_pausing_is_said_until_the_last_worker_is_back(destination_with, clock):
    destination = destination_with(*people(3))
    control.activate(destination, now=clock())
    lane = ledger.claim(destination.lanes.earliest("number").pk, now=clock())

    control.pause(destination, now=clock())
    destination.refresh_from_db()
    assert destination.is_pausing

    run.Shift(lane, clock).work()
    destination.refresh_from_db()
    assert destination.is_paused


def test_a_paused_destination_sends_nothing_until_it_is_activated(
    destination_with, deliver, clock, sandbox
):
    destination = destination_with(*people(3))
    control.activate(destination, now=clock())
    control.pause(destination, now=clock())
    for lane_id in Lane.objects.values_list("pk", flat=True):
        run.work(lane_id, clock=clock)
    assert sandbox.get("uids")["uids"] == []

    deliver(destination)
    assert len(sandbox.get("uids")["uids"]) == 3


def test_a_lane_has_one_worker_and_a_lost_lease_writes_nothing(destination_with, clock):
    destination = destination_with(*people(3))
    control.activate(destination, now=clock())
    lane_id = destination.lanes.earliest("number").pk
    first = ledger.claim(lane_id, now=clock())

    assert ledger.claim(lane_id, now=clock()) is None

    clock.forward(seconds=91)
    second = ledger.claim(lane_id, now=clock())
    run.Shift(second, clock).work()
    before = Lane.objects.filter(pk=lane_id).values().get()
    try:
        ledger.checkpoint(first, ledger.Entries(taken=1), 3, [], [], now=clock())
    except ledger.LostLeaseError:
        pass
    else:
        raise AssertionError("a stale worker wrote")
    assert Lane.objects.filter(pk=lane_id).values().get() == before


def test_an_edit_applies_to_records_not_yet_sent(destination_with, deliver, clock, sandbox):
    refuse(sandbox, "never")
    destination = destination_with(*people(4))
    deliver(destination)
    assert len(sandbox.get("uids")["uids"]) == 4
    configuration = destination.version.read()

    control.save_version(
        destination, replace(configuration, exclude=("plan",)), user=None, now=clock()
    )
    destination.refresh_from_db()

    assert destination.version.number == 2
    assert destination.versions.get(number=1).read() == configuration
    assert len(destination.stretches) == 1


def test_another_order_key_opens_a_stretch_that_waits_for_all_lanes(
    destination_with, deliver, clock, sandbox
):
    destination = destination_with(*people(40))
    control.activate(destination, now=clock())
    first = destination.lanes.earliest("number")
    run.work(first.pk, clock=clock)  # one lane is done, three have not begun
    configuration = destination.version.read()
    mapping = dict(configuration.mapping)
    mapping["uid"] = replace(mapping["uid"], text="plan")
    control.save_version(
        destination, replace(configuration, mapping=tuple(mapping.items())), user=None, now=clock()
    )
    destination.refresh_from_db()

    assert [stretch["from"] for stretch in destination.stretches] == [0, 40]
    deliver(destination)
    assert account.balance(destination).delivered == 40
    assert recount(destination).is_right


def test_a_released_record_is_sent_again_under_a_new_key(destination_with, deliver, clock, sandbox):
    refuse(sandbox, '"user-1"')
    destination = destination_with(*people(3))
    deliver(destination)
    assert account.balance(destination).quarantined == 1
    sandbox._session.delete(f"{sandbox.url}/_sandbox/faults", timeout=5)

    assert decisions.decide(destination, Verb.RELEASE, Scope(), now=clock()).done == 1
    assert account.balance(destination).parked == 1
    deliver(destination)

    assert account.balance(destination).delivered == 3
    assert recount(destination).is_right


def test_a_discarded_record_counts_as_skipped(destination_with, deliver, sandbox, clock):
    refuse(sandbox, '"user-1"')
    destination = destination_with(*people(3))
    deliver(destination)

    assert decisions.decide(destination, Verb.DISCARD, Scope(code="bad"), now=clock()).done == 1

    assert account.balance(destination).skipped == 1
    assert recount(destination).is_right


def test_a_copy_has_sent_nothing_and_a_deleted_one_leaves_no_books(
    destination_with, deliver, clock, sandbox
):
    destination = destination_with(*people(3))
    deliver(destination)

    twin = control.copy(destination, user=None, now=clock())
    control.delete(destination)

    assert account.balance(twin).pending == 3
    assert list(Destination.objects.all()) == [twin]
    assert set(Lane.objects.values_list("destination", flat=True)) == {twin.pk}
