"""Hints leave in a thread of their own: who causes one waits for no broker."""

import threading
import time

import pytest
from kombu.exceptions import OperationalError

from fsdest import hints
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)  # a hint leaves once it is committed


class Broker:
    """Takes hints, once it is let; some it refuses."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.took: list[object] = []
        self.refuses: Exception | None = None

    def send_task(self, _task: str, kwargs: dict[str, object]) -> None:
        self.is_open.wait(10)
        if self.refuses is not None:
            raise self.refuses
        self.took.append(kwargs["lane_id"])


@pytest.fixture
def broker(monkeypatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(hints.app, "send_task", broker.send_task)
    yield broker
    broker.is_open.set()


def nudge(*lanes: int) -> None:
    for lane in lanes:
        hints.nudge_lane(lane)


def test_nobody_waits_for_a_broker_that_does_not_answer(broker):
    began = time.monotonic()
    nudge(*range(100, 150))
    assert time.monotonic() - began < 5

    broker.is_open.set()

    until(lambda: broker.took == [*range(100, 150)], what="all of them, in order")


def test_a_hint_that_waits_already_is_sent_once(broker):
    nudge(200, 201, 202, 201, 202, 202)
    broker.is_open.set()

    until(lambda: len(broker.took) >= 3, what="three hints")
    nudge(203)

    until(lambda: broker.took == [200, 201, 202, 203], what="each once")


@pytest.mark.parametrize("refusal", [OperationalError(), OSError()])
def test_a_broker_that_refuses_gets_the_next_hint_all_the_same(broker, refusal):
    broker.is_open.set()
    broker.refuses = refusal
    nudge(300)
    until(lambda: hints.are_sent(within_s=5), what="the first one given up")

    broker.refuses = None
    nudge(301)

    until(lambda: broker.took == [301], what="the second one")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_that_ends_the_thread_ends_it_for_one_hint_only(broker):
    broker.is_open.set()
    broker.refuses = ZeroDivisionError()
    nudge(400)
    until(lambda: hints.are_sent(within_s=5), what="the end of the thread")

    def reaches() -> bool:
        broker.refuses = None
        nudge(401)
        return 401 in broker.took

    until(reaches, what="the next one")
