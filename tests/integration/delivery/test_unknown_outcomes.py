"""No answer tells whether a call without an idempotency key was carried out: a rule for each."""

from datetime import timedelta

import pytest

from fsdest.delivery import account, backoff, control, ledger, quarantine, run
from fsdest.delivery.recount import recount
from fsdest.records import ranges


class Died(BaseException):
    """Stands in for SIGKILL: nothing in the product may catch it."""


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(backoff, "SHORTEST", timedelta(milliseconds=20))


@pytest.fixture
def die_at(clock, monkeypatch):
    """`die_at(destination, name, n)` works a lane until the n-th ledger.name kills the worker."""

    def die_at(destination, name, n):
        control.activate(destination, now=clock())
        real, left = getattr(ledger, name), n

        def dying(*args, **options):
            nonlocal left
            left -= 1
            if not left:
                raise Died
            return real(*args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(ledger, name, dying)
            with pytest.raises(Died):
                run.work(destination.lanes.get().pk, clock=clock)
        clock.now += ledger.lease()

    return die_at


def webhooks(*names):
    chosen = [{"event_name": "note.created"}]
    return [{"url": f"https://{name}.example", "event_types": chosen} for name in names]


def kinds(sandbox):
    return [effect["kind"] for effect in sandbox.get("effects")["effects"]]


def created_webhook(destination_with, deliver, sandbox):
    deliver(destination_with(*webhooks("a"), endpoint="create-webhook-endpoint"))
    (endpoint,) = sandbox.get("webhooks")["endpoints"]
    return endpoint["id"]


def test_a_delete_whose_answer_was_cut_counts_once_it_is_gone(destination_with, deliver, sandbox):
    webhook = created_webhook(destination_with, deliver, sandbox)
    sandbox.play(kind="cut_after", nth=1)
    destination = destination_with({"id": webhook}, endpoint="delete-webhook-endpoint")

    deliver(destination)

    assert account.balance(destination).delivered == 1
    assert kinds(sandbox) == ["webhook.created", "webhook.deleted"]
    assert recount(destination).is_right


def test_a_delete_of_what_was_never_there_is_set_aside(destination_with, deliver, sandbox):
    destination = destination_with({"id": "12345"}, endpoint="delete-webhook-endpoint")

    deliver(destination)

    assert account.balance(destination).quarantined == 1


def test_a_delete_that_a_dead_worker_made_counts_once_it_is_gone(
    destination_with, deliver, die_at, sandbox
):
    webhook = created_webhook(destination_with, deliver, sandbox)
    destination = destination_with({"id": webhook}, endpoint="delete-webhook-endpoint")
    die_at(destination, "checkpoint", 2)

    deliver(destination)

    assert account.balance(destination).delivered == 1
    assert kinds(sandbox) == ["webhook.created", "webhook.deleted"]


def test_an_update_by_id_is_sent_again(destination_with, deliver, sandbox):
    webhook = created_webhook(destination_with, deliver, sandbox)
    sandbox.play(kind="cut_after", nth=1)
    record = {"id": webhook, "event_types": [{"event_name": "note.created"}]}
    destination = destination_with(record, endpoint="update-webhook-endpoint")

    deliver(destination)

    assert account.balance(destination).delivered == 1
    assert kinds(sandbox) == ["webhook.created", "webhook.updated", "webhook.updated"]


def test_a_create_without_a_key_is_set_aside_and_not_made_twice(
    destination_with, deliver, clock, sandbox
):
    sandbox.play(kind="cut_after", nth=1)
    destination = destination_with(*webhooks("a", "b"), endpoint="create-webhook-endpoint")

    deliver(destination)

    assert kinds(sandbox) == ["webhook.created", "webhook.created"]
    (record,) = quarantine.open_records(destination)
    assert record.code == "unknown_outcome"
    assert "before you send it again" in record.reason
    assert recount(destination).is_right


@pytest.mark.parametrize(
    "moment", [("begin", 1), ("begin", 2), ("checkpoint", 2)], ids=lambda moment: str(moment)
)
def test_what_a_dead_worker_may_have_created_is_set_aside(
    destination_with, deliver, die_at, sandbox, moment
):
    names = [f"host-{n}" for n in range(40)]
    destination = destination_with(*webhooks(*names), endpoint="create-webhook-endpoint")
    die_at(destination, *moment)
    begun = ranges.count(destination.lanes.get().begun)
    made = len(kinds(sandbox))
    assert made <= begun

    deliver(destination)

    balance = account.balance(destination)
    assert (balance.quarantined, balance.delivered) == (begun, 40 - begun)
    assert len(kinds(sandbox)) == made + 40 - begun
    codes = {each.code for each in quarantine.open_records(destination)}
    assert codes <= {"unknown_outcome"}
    assert destination.lanes.get().begun == []
    assert recount(destination).is_right


def test_what_never_started_is_not_set_aside(destination_with, deliver, clock, sandbox):
    sandbox.play(kind="status", status=401, nth=1)
    destination = destination_with(
        *webhooks("a", "b", "c", "d"), endpoint="create-webhook-endpoint"
    )
    deliver(destination)
    assert destination.needs_attention

    deliver(destination)

    assert account.balance(destination).delivered == 4
    assert kinds(sandbox) == ["webhook.created"] * 4
