"""The real product as processes: it starts, mends itself, ends, and starts again."""

import re
import urllib.request

import pytest

from tests.running import Stack, fresh_database

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


def test_a_killed_supervisor_leaves_nothing_and_a_start_waits_for_that(stack_on):
    first = stack_on()
    children = set(first.left_over()) - {first.supervisor.pid}
    assert len(children) > len(SERVICES)  # pool and web workers are among them

    first.supervisor.kill()
    first.supervisor.wait()
    second = stack_on()

    assert not children & set(second.left_over())
    assert status_of(f"{second.url}/login/") == 200
