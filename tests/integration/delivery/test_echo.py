"""Each reply becomes a record of the response nexset, once, and can feed another destination."""

import json
from dataclasses import replace

import pytest

from fsdest.delivery import account, control
from fsdest.delivery.recount import recount
from fsdest.fullstory import catalogue
from fsdest.models import Destination
from fsdest.payloads import configuration as configurations
from fsdest.sweep import sweep


@pytest.fixture
def echoing(destination_with, clock):
    """`echoing(n)`: a destination of n users that keeps the replies."""

    def make(count: int) -> Destination:
        destination = destination_with(*({"uid": f"user-{n}"} for n in range(count)))
        configuration = replace(destination.version.read(), echo=True)
        control.save_version(destination, configuration, user=None, now=clock())
        destination.refresh_from_db()
        return destination

    return make


def records(nexset) -> list[dict]:
    return [json.loads(line) for _, line in nexset.lines(0, nexset.record_count)]


def test_each_reply_is_a_record_with_its_request_and_body(echoing, deliver, sandbox):
    destination = echoing(5)
    deliver(destination)

    replies = records(destination.echo)

    assert sorted(r["first_offset"] for r in replies) == [0, 1, 2, 3, 4]
    assert {r["status"] for r in replies} == {200}
    assert all(r["body"]["id"] for r in replies)
    assert {r["request"]["url"] for r in replies} == {f"{sandbox.url}/v2/users"}
    assert "status" in [a["path"] for a in destination.echo.attributes["attributes"]]


def test_a_destination_without_the_wish_keeps_no_replies(destination_with, deliver):
    destination = destination_with({"uid": "ann"})
    deliver(destination)

    assert destination.echo is None


def test_replies_feed_another_destination_as_they_come(echoing, deliver, clock, sandbox):
    first = echoing(3)
    credential = first.credential
    second = Destination.objects.create(
        organization=first.organization, nexset=first.echo, credential=credential, name="Replies"
    )
    endpoint = catalogue.endpoint("create-event")
    configuration = configurations.guess(endpoint, ["verdict"])
    name = configurations.Value("attribute", "verdict")
    configuration = replace(configuration, mapping=(("name", name),), rest="properties")
    control.save_version(second, configuration, user=None, now=clock())
    second.refresh_from_db()
    deliver(second)
    assert account.balance(second).accepted == 0

    deliver(first)
    deliver(second)

    assert account.balance(second).delivered == 3
    assert sandbox.get("state")["events"] == 3
    assert recount(first).is_right
    assert recount(second).is_right


def test_a_batch_of_a_growing_nexset_waits_until_it_is_full_or_old(
    echoing, deliver, clock, sandbox
):
    first = echoing(3)
    second = Destination.objects.create(
        organization=first.organization,
        nexset=first.echo,
        credential=first.credential,
        name="Replies",
    )
    configuration = configurations.guess(catalogue.endpoint("create-batch-events-import-job"), [])
    configuration = replace(
        configuration,
        mapping=(("name", configurations.Value("attribute", "verdict")),),
        batch=replace(configuration.batch, records=10, max_age_s=60),
    )
    control.save_version(second, configuration, user=None, now=clock())
    second.refresh_from_db()
    deliver(first)

    deliver(second)
    assert account.balance(second).pending == 3
    assert second.lanes.get().waits_for

    clock.forward(seconds=61)
    deliver(second)
    assert account.balance(second).in_jobs + account.balance(second).delivered == 3


def test_a_lane_that_slept_through_new_records_is_woken_by_the_sweep(echoing, deliver, clock):
    first = echoing(1)
    deliver(first)
    first.lanes.update(due_at=None)
    first.nexset.record_count = 2
    first.nexset.save()

    sweep(now=clock())

    assert not first.lanes.filter(due_at=None).exists()
