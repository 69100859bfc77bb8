"""When a worker that says nothing is given up, and when that would be unfair."""

import pytest

from fsdest.patience import Patience, Signs

EVERY_S, LIMIT_S = 5.0, 60.0


class Worker:
    """A worker that is looked at every five seconds."""

    def __init__(self) -> None:
        self.patience = Patience(limit_s=LIMIT_S, every_s=EVERY_S)
        self.now = 1_000.0
        self.turned_at = 1_000.0
        self.took_at: dict[str, float] = {}

    def look(self, *, waiting: int | None = 0, turns=True, takes=False, is_busy=False) -> str:
        self.now += EVERY_S
        if turns:
            self.turned_at = self.now
        if takes:
            self.took_at["drain"] = self.now - 1
        signs = Signs(
            waiting=None if waiting is None else {"drain": waiting},
            turned_at=self.turned_at,
            took_at=self.took_at,
            is_busy=is_busy,
        )
        return self.patience.look(self.now, signs)

    def first_complaint(self, looks: int = 100, **seen: object) -> float | None:
        """Return after how many seconds it is given up, if ever."""
        began = self.now
        return next((self.now - began for _ in range(looks) if self.look(**seen)), None)


@pytest.fixture
def worker() -> Worker:
    worker = Worker()
    assert worker.look() == ""
    return worker


def test_an_idle_worker_is_left_alone(worker):
    assert worker.first_complaint(waiting=0) is None


def test_a_worker_that_leaves_messages_lie_is_given_up(worker):
    assert worker.first_complaint(waiting=3) == pytest.approx(LIMIT_S + 2 * EVERY_S)


def test_a_worker_whose_queue_is_never_empty_but_who_takes_is_left_alone(worker):
    assert worker.first_complaint(waiting=3, takes=True) is None


def test_a_worker_with_its_hands_full_may_leave_messages_lie(worker):
    assert worker.first_complaint(waiting=3, is_busy=True) is None


def test_a_worker_whose_loop_does_not_turn_is_given_up_though_it_is_busy(worker):
    found = worker.first_complaint(turns=False, is_busy=True)

    assert found is not None
    assert LIMIT_S < found <= LIMIT_S + 2 * EVERY_S


@pytest.mark.parametrize("turns", [True, False])
def test_nothing_is_held_against_a_worker_while_the_broker_is_gone(worker, turns):
    assert worker.first_complaint(waiting=None, turns=turns) is None
    assert worker.look(waiting=3, turns=turns) == "", "it has only just come back"


def test_a_machine_that_slept_does_not_lose_its_workers(worker):
    for _ in range(5):
        worker.look(waiting=3, turns=False)
    worker.now += 3_600

    assert worker.look(waiting=3, turns=False) == ""
    assert worker.look(waiting=3, turns=False) == ""


def test_the_sentence_names_the_queue(worker):
    said = [worker.look(waiting=1) for _ in range(20)]

    assert said[-1] == "For 60 s it took none of the messages in drain."
