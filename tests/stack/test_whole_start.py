"""The real product as processes: it starts, mends itself, ends, and starts again."""

import re
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.running import Stack, fresh_database, until

pytestmark = pytest.mark.stack
SERVICES = ["valkey", "sandbox", "web", "drain", "ingest", "beat"]


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.status


@pytest.fixture
def stack_on(tmp_path):
    """`stack_on()` starts the product on one folder, which a test may do again."""
    started: list[Stack] = []
    with fresh_database() as database:

        def start() -> Stack:
            running = Stack(tmp_path, database)
            started.append(running)
            running.wait_until_up()
            return running

        yield start
        for running in reversed(started):
            running.stop()


def test_the_start_tells_where_to_go_and_how_to_get_in(stack):
    console = stack.console.read_text()

    assert f"{stack.url}/" in console
    assert "demo" in console
    assert stack.password not in stack.tails(lines=1000), "a password is in a log"


def test_it_answers_and_its_commands_find_their_way(stack):
    assert status_of(f"{stack.url}/login/") == 200
    assert status_of(f"{stack.sandbox_url}/healthz") == 200
    swept = stack.manage("sweep")
    assert swept.returncode == 0, swept.stderr


def test_every_process_that_is_killed_comes_back(stack):
    killed = {name: stack.kill(name) for name in SERVICES}

    for name, pid in killed.items():
        stack.wait_until_replaced(name, pid)
    assert status_of(f"{stack.url}/login/") == 200


def test_a_second_start_goes_on_with_the_same_data(stack_on):
    first = stack_on()
    assert first.manage("checkbooks").returncode == 0
    first.stop()
    assert not (first.data / "stack.json").exists()

    second = stack_on()

    assert status_of(f"{second.url}/login/") == 200
    assert re.search(r"Ready after [\d.]+ s", second.console.read_text())


def test_a_start_after_a_kill_waits_until_the_old_processes_are_gone(stack_on):
    first = stack_on()
    first.supervisor.send_signal(signal.SIGKILL)
    first.supervisor.wait()

    second = stack_on()

    left = set(first.left_over())  # the same folder: only what belongs to the second
    ours = {second.supervisor.pid, *(second.pid(name) for name in SERVICES)}
    assert {pid for pid in left if parent_of(pid) == 1} <= ours
    assert status_of(f"{second.url}/login/") == 200


def test_nothing_is_left_of_a_stack_whose_supervisor_was_killed(stack_on):
    running = stack_on()
    assert len(running.left_over()) > len(SERVICES)  # with children: what is asserted can fail

    running.supervisor.send_signal(signal.SIGKILL)
    running.supervisor.wait()

    until(lambda: not running.left_over(), within_s=15, what="the end of every process")


def parent_of(pid: int) -> int:
    """Return the parent of a process, 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
