"""The start command: order, restarts, an end that leaves nothing, clear sentences."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.running import ROOT, free_port, until

STEADY = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, lambda *_: (print("ending", flush=True), sys.exit()))
    print("up", flush=True)
    while True:
        time.sleep(60)
"""
DIES_AT_ONCE = 'print("up", flush=True)'
IGNORES_TERM = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("up", flush=True)
    while True:
        time.sleep(60)
"""
HAS_A_CHILD = """
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-S", "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"])
    print("child", child.pid, flush=True)
    print("up", flush=True)
    time.sleep(300)
"""


def child_of(run):
    return int(re.search(r"child (\d+)", run.said())[1])


def test_services_start_one_after_the_other_and_stop_in_reverse(supervise):
    run = supervise({"one": STEADY, "two": STEADY, "three": STEADY})
    run.wait_for("all up")

    run.process.terminate()
    run.wait_for("all gone")

    lines = [line.split("|")[0].strip() for line in run.said().splitlines()]
    assert lines == ["one", "two", "three", "fsdest", "three", "two", "one", "fsdest"]
    assert run.process.wait(5) == 0


def test_a_service_that_dies_is_started_again(supervise):
    run = supervise({"one": STEADY, "two": STEADY})
    run.wait_for("all up")
    first = run.pid("one")

    os.kill(first, signal.SIGKILL)

    run.wait_for("one     | up", times=2)
    until(lambda: run.pid("one") != first)
    assert run.said().count("two     | up") == 1


def test_the_pause_before_a_restart_doubles(supervise):
    run = supervise({"restless": DIES_AT_ONCE})
    run.wait_for("starting it again in 1 s")

    pauses = re.findall(r"again in ([\d.]+) s", run.said())
    assert pauses == ["0.25", "0.5", "1"]


def test_the_children_of_a_killed_service_do_not_go_on_alone(supervise, alive):
    run = supervise({"parent": HAS_A_CHILD})
    run.wait_for("all up")
    child = child_of(run)

    os.kill(run.pid("parent"), signal.SIGKILL)

    until(lambda: not alive(child), what="the end of the orphan")


def test_a_service_that_ignores_the_request_is_killed_after_its_grace(supervise, alive):
    run = supervise({"stubborn": IGNORES_TERM}, grace_s=0.5)
    run.wait_for("all up")
    pid = run.pid("stubborn")

    run.process.terminate()

    run.wait_for("all gone")
    assert not alive(pid)


def test_a_second_request_to_stop_does_not_wait_for_the_grace(supervise, alive):
    run = supervise({"stubborn": IGNORES_TERM}, grace_s=60)
    run.wait_for("all up")
    pid = run.pid("stubborn")

    run.process.terminate()
    run.wait_for("Ctrl-C again kills it")
    run.process.send_signal(signal.SIGINT)

    run.wait_for("all gone")
    assert not alive(pid)


def test_a_supervisor_killed_outright_leaves_nothing_behind(supervise, alive):
    run = supervise({"parent": HAS_A_CHILD, "steady": STEADY, "stubborn": IGNORES_TERM})
    run.wait_for("all up")
    pids = [run.pid("parent"), run.pid("steady"), run.pid("stubborn"), child_of(run)]
    assert all(map(alive, pids))

    run.process.kill()

    until(lambda: not any(map(alive, pids)), within_s=10, what="the end of every process")


def test_a_service_that_does_not_start_ends_the_start_with_its_last_words(supervise):
    run = supervise({"one": STEADY, "broken": 'raise SystemExit("no such table")'})

    run.wait_for("all gone")

    assert "broken did not start: it ended. Its last lines:" in run.said()
    assert "fsdest  | no such table" in run.said()
    assert "one     | ending" in run.said()


# --- The product's own start ----------------------------------------------------------------
def start_product(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "bin" / "stack.py")],
        env={**os.environ, "FSDEST_DATA": str(data), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_port_in_use_is_one_clear_sentence(tmp_path, variable):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        start = start_product(
            tmp_path, **{"PORT": "18433", "SANDBOX_PORT": "18434"} | {variable: str(port)}
        )

    assert start.returncode == 1
    assert start.stderr == ""
    assert start.stdout == (
        f"fsdest  | Port {port} is in use. Choose another one: {variable}={port + 1} ./bin/run\n"
    )


@pytest.mark.parametrize("text", ["http", "0", "65536", "80 80"])
def test_a_port_that_is_none_is_one_clear_sentence(tmp_path, text):
    start = start_product(tmp_path, PORT=text)

    assert start.returncode == 1
    assert start.stdout == f"fsdest  | PORT must be a port number from 1 to 65535, not {text!r}.\n"


def test_two_starts_on_one_folder_are_one_clear_sentence(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    with (tmp_path / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()

        start = start_product(tmp_path)

    assert start.returncode == 1
    assert start.stdout == (
        f"fsdest  | {tmp_path} is in use by another fsdest (process {os.getpid()}). "
        "Stop it, or choose another folder with FSDEST_DATA.\n"
    )


def test_a_valkey_that_outlived_its_supervisor_is_ended_before_the_next_one(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bin"))
    import broker  # noqa: PLC0415 - importable from here on only
    from probes import valkey_says  # noqa: PLC0415

    port, url_file = free_port(), tmp_path / "valkey.url"
    url_file.write_text(f"redis://:secret@127.0.0.1:{port}/0")
    argv = [broker.valkey_binary(), "--port", str(port), "--bind", "127.0.0.1"]
    stale = subprocess.Popen([*argv, "--requirepass", "secret", "--dir", str(tmp_path)])
    try:
        until(lambda: valkey_says(port, "secret", "PING"))
        url_file.write_text(f"redis://:another@127.0.0.1:{port}/0")
        broker.end_stale_valkey(url_file)
        assert stale.poll() is None, "it ended a server whose password it did not know"

        url_file.write_text(f"redis://:secret@127.0.0.1:{port}/0")
        broker.end_stale_valkey(url_file)
        assert stale.wait(5) == 0
    finally:
        stale.kill()
        stale.wait()


# --- Is there anything to prepare? ----------------------------------------------------------
@pytest.fixture
def prepared_folder(tmp_path, monkeypatch):
    """A data folder as bin/prepare.py leaves it, on SQLite."""
    monkeypatch.syspath_prepend(str(ROOT / "bin"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    import current  # noqa: PLC0415 - importable from here on only

    (tmp_path / "prepared.stamp").write_text(current.digest())
    names = [path.stem for path in (ROOT / "fsdest" / "migrations").glob("[0-9]*.py")]
    with closing(sqlite3.connect(tmp_path / "fsdest.sqlite3")) as database, database:
        database.execute("CREATE TABLE django_migrations (app TEXT, name TEXT)")
        database.executemany("INSERT INTO django_migrations VALUES ('fsdest', ?)", zip(names))
    return tmp_path


def is_prepared(folder: Path) -> bool:
    import current  # noqa: PLC0415

    return current.is_prepared(folder)


def test_a_folder_as_the_last_start_left_it_is_prepared(prepared_folder):
    assert is_prepared(prepared_folder)


def test_a_folder_that_lacks_a_migration_is_not_prepared(prepared_folder):
    with closing(sqlite3.connect(prepared_folder / "fsdest.sqlite3")) as database, database:
        database.execute("DELETE FROM django_migrations WHERE name LIKE '0001%'")

    assert not is_prepared(prepared_folder)


@pytest.mark.parametrize("name", ["prepared.stamp", "fsdest.sqlite3"])
def test_a_folder_that_lacks_a_file_is_not_prepared(prepared_folder, name):
    (prepared_folder / name).unlink()

    assert not is_prepared(prepared_folder)
    assert not (prepared_folder / name).exists()


@pytest.mark.parametrize("variable", ["DATABASE_URL", "FSDEST_HASHED_STATIC"])
def test_a_start_on_other_settings_is_not_prepared(prepared_folder, monkeypatch, variable):
    monkeypatch.setenv(variable, "another")

    assert not is_prepared(prepared_folder)
