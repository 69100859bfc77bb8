"""A batch that was a success for some of its records only: the others are set aside."""

from fsdest.delivery import account, control, quarantine
from fsdest.delivery.recount import recount
from fsdest.fullstory import by_hand
from fsdest.payloads.configuration import Batch, Configuration


def test_records_that_a_successful_answer_refuses_are_set_aside(
    destination_with, deliver, clock, sandbox
):
    refused = {"message": "no such plan", "code": "bad_plan"}
    sandbox.play(kind="status", status=200, body={"results": [{"id": "1"}, refused, {"id": "3"}]})
    destination = destination_with({"uid": "ann"}, {"uid": "bob"}, {"uid": "cid"})
    configuration = Configuration(
        endpoint=by_hand.endpoint("POST", f"{sandbox.url}/hook"),
        rest="record",
        batch=Batch(records=10, algorithm="array", settings=()),
    )
    control.save_version(destination, configuration, user=None, now=clock())
    destination.refresh_from_db()

    deliver(destination)

    balance = account.balance(destination)
    assert (balance.delivered, balance.quarantined) == (2, 1)
    (record,) = quarantine.open_records(destination)
    assert (record.offset, record.code, record.message) == (1, "bad_plan", "no such plan")
    assert recount(destination).is_right
