"""The watchdog in a process of its own, which it ends when that process stands still."""

import os
import subprocess
import sys

import pytest

from tests.running import ROOT

WORKER = """
import threading, time
import django; django.setup()
from celery.worker import state
from fsdest import watchdog

ours = watchdog.Watchdog(name="drain@here", queues=("drain",), processes=1)
ours.patience.every_s = 0.1
watchdog._ours.append(ours)
ours.start()
until = time.monotonic() + 6
while time.monotonic() < until and not state.should_stop:
    if {turns}:
        watchdog.note_turn()
    time.sleep(0.05)
print("asked to stop" if state.should_stop else "let be")
"""


@pytest.fixture
def worker(valkey, tmp_path):
    """`worker(turns=True)`: run a worker with a second's patience; its exit code, what it said."""

    def run(*, turns: bool) -> tuple[int, str]:
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "fsdest.settings",
            "FSDEST_DATA": str(tmp_path),
            "REDIS_URL": valkey.url,
            "FSDEST_WATCHDOG_S": "1",
            "FSDEST_LOG_FORMAT": "line",
        }
        done = subprocess.run(
            [sys.executable, "-c", WORKER.format(turns=turns)],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_worker_whose_loop_hangs_is_ended_at_once(worker):
    code, said = worker(turns=False)

    assert code == 70
    assert "Its event loop has not turned for 1 s." in said


def test_a_worker_that_leaves_messages_lie_is_asked_to_stop_and_may_finish(worker, valkey):
    valkey.client.lpush("fsdest:drain", "a message")

    code, said = worker(turns=True)

    assert code == 0
    assert "asked to stop" in said
    assert "For 1 s it took none of the messages in drain." in said


def test_a_worker_that_is_idle_is_let_be(worker):
    code, said = worker(turns=True)

    assert (code, said.strip().splitlines()[-1]) == (0, "let be")
