"""The worker of the rounds asks for them itself where beat is silent."""

import time

import pytest

from fsdest import hints, watchdog
from fsdest.watchdog import BEAT_IS_SILENT_S, ROUNDS, Watchdog
from tests.running import until


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Each time that the rounds were asked for."""
    times: list[str] = []
    monkeypatch.setattr(hints, "ask_for_rounds", lambda: times.append("asked"))
    return times


def worker(*queues: str, silent_s: float) -> Watchdog:
    """Of `queues`, started long ago, whose last message of the rounds came `silent_s` ago."""
    watching = Watchdog(name="worker@here", queues=queues, processes=2)
    watching.began_at -= 3_600
    watching.took_at[ROUNDS] = time.monotonic() - silent_s
    return watching


def test_nothing_is_asked_for_while_beat_speaks(asked):
    worker("ingest", ROUNDS, silent_s=BEAT_IS_SILENT_S / 2).stand_in_for_beat()

    assert asked == []


def test_the_rounds_are_asked_for_once_beat_was_silent_for_a_while(asked):
    watching = worker("ingest", ROUNDS, silent_s=BEAT_IS_SILENT_S + 1)

    watching.stand_in_for_beat()
    watching.stand_in_for_beat()

    assert asked == ["asked"]


def test_a_worker_that_has_just_started_waits_for_the_first_word(asked):
    Watchdog(name="worker@here", queues=(ROUNDS,), processes=2).stand_in_for_beat()

    assert asked == []


def test_a_busy_worker_asks_for_nothing_it_could_not_do(asked, monkeypatch):
    watching = worker(ROUNDS, silent_s=BEAT_IS_SILENT_S + 1)
    monkeypatch.setattr(watchdog.state, "active_requests", {1, 2})

    watching.stand_in_for_beat()

    assert asked == []


def test_a_worker_of_other_queues_asks_for_nothing(asked):
    worker("drain", silent_s=BEAT_IS_SILENT_S + 1).stand_in_for_beat()

    assert asked == []


def test_the_rounds_are_the_sweep_and_the_import_jobs(monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(hints.app, "send_task", lambda task, **_: sent.append(task))

    hints.ask_for_rounds()

    until(lambda: sent == ["fsdest.tasks.sweep", "fsdest.tasks.follow_jobs"], what="both")
