"""The real product as processes: it starts, mends itself, ends, and starts again."""

import os
import re
import subprocess
import sys
import urllib.request

import pytest

from tests.running import ROOT, Stack, fresh_database, left_over, until

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
    assert f"demo login: user demo, password {first.password}" in first.console.read_text()
    assert first.manage("checkbooks").returncode == 0
    first.stop()
    assert not (first.data / "stack.json").exists()

    second = stack_on()

    assert status_of(f"{second.url}/login/") == 200
    assert re.search(r"Ready after [\d.]+ s", second.console.read_text())


STARTS_A_STACK = """
import sys, time
from pathlib import Path
from tests.running import Stack
stack = Stack(Path(sys.argv[1]), {})
time.sleep(60)
"""


def test_a_killed_test_run_takes_its_stack_along(tmp_path):
    environment = {**os.environ, "DATABASE_URL": "", "FSDEST_DATA": "", "PYTHONPATH": str(ROOT)}
    runner = subprocess.Popen([sys.executable, "-c", STARTS_A_STACK, tmp_path], env=environment)
    try:
        until((tmp_path / "stack.json").exists, what="the start of Valkey")
    finally:
        runner.kill()
        runner.wait()

    until(lambda: not left_over(tmp_path), within_s=20, what="the end of every process")


def test_a_killed_supervisor_leaves_nothing_and_a_start_waits_for_that(stack_on):
    first = stack_on()
    children = set(left_over(first.data)) - {first.supervisor.pid}
    assert len(children) > len(SERVICES)  # pool and web workers are among them

    first.supervisor.kill()
    first.supervisor.wait()
    second = stack_on()

    assert not children & set(left_over(second.data))
    assert status_of(f"{second.url}/login/") == 200
