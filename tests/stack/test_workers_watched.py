"""Workers of the running product tell that they live, and one that stands still is replaced."""

import json
import urllib.error
import urllib.request

import pytest
from celery import Celery

from tests.running import Stack, running_stack, until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]
QUEUES = {"drain", "ingest", "maintenance"}


@pytest.fixture(scope="module")
def own_stack():
    """With a watchdog of little patience."""
    with running_stack(FSDEST_WATCHDOG_S="8") as running:
        yield running


@pytest.fixture
def stack(own_stack) -> Stack:
    return own_stack


@pytest.fixture
def celery(stack):
    """What speaks to the workers, as an operator's shell would."""
    app = Celery(broker=stack.state()["redis_url"])
    app.conf.broker_transport_options = {"global_keyprefix": "fsdest:"}
    yield app
    app.close()


def readiness(stack: Stack) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"{stack.url}/readyz", timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def test_it_is_ready_once_every_queue_was_answered(stack):
    until(lambda: readiness(stack)[0] == 200, within_s=25, what="readiness")

    answered = readiness(stack)[1]["answered_s"]
    assert set(answered) == QUEUES
    assert all(0 <= age < 30 for age in answered.values())


def test_a_worker_that_takes_no_more_messages_is_replaced_and_the_next_one_takes_them(
    stack, celery
):
    pid = stack.pid("drain")
    celery.control.cancel_consumer("drain")

    stack.wait_until_replaced("drain", pid)

    until(lambda: "For 8 s it took none of the messages in drain" in stack.tails(200))
    until(lambda: readiness(stack)[1]["answered_s"]["drain"] < 8, within_s=30, what="an answer")
