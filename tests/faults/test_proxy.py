"""The network that the faults spoil: each mode does what its line in the table says."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.proxy import HOST, Proxy
from tests.running import until


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything back."""
    with socket.create_server((HOST, 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def serve(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            taken, _ = server.accept()
            threading.Thread(target=say_back, args=(taken,), daemon=True).start()


def say_back(taken: socket.socket) -> None:
    with taken, suppress(OSError):
        while piece := taken.recv(65_536):
            taken.sendall(piece)


@pytest.fixture
def proxy(echo) -> Iterator[Proxy]:
    with Proxy((HOST, echo)) as running:
        yield running


def connect(proxy: Proxy, *, patience_s: float = 5) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=patience_s)


def ask(connection: socket.socket, text: bytes = b"hello") -> bytes:
    connection.sendall(text)
    return connection.recv(65_536)


def test_bytes_pass(proxy):
    with connect(proxy) as connection:
        assert ask(connection) == b"hello"


def test_in_a_black_hole_nothing_is_said_until_it_is_over(proxy):
    with connect(proxy, patience_s=0.3) as connection:
        assert ask(connection) == b"hello"
        proxy.play("blackhole")
        with pytest.raises(TimeoutError):
            ask(connection, b"anyone?")

        proxy.play("ok")

        assert connection.recv(100) == b"anyone?"


def test_a_half_open_connection_is_never_heard_of_again(proxy):
    with connect(proxy, patience_s=0.3) as connection:
        assert ask(connection) == b"hello"
        proxy.play("halfopen")
        for _ in range(2):
            with pytest.raises(TimeoutError):
                ask(connection, b"anyone?")
            proxy.play("ok")
        with connect(proxy) as another:
            assert ask(another) == b"hello"


@pytest.mark.parametrize("mode", ["reset", "refuse"])
def test_connections_are_cut_with_a_reset(proxy, mode):
    with connect(proxy) as connection:
        assert ask(connection) == b"hello"
        proxy.play(mode)
        with pytest.raises(ConnectionError):
            ask(connection)


def test_a_new_connection_is_reset_or_refused_until_it_is_mended(proxy):
    proxy.play("reset")
    with pytest.raises(ConnectionError):
        ask(connect(proxy))
    proxy.play("refuse")
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.play("ok")
    with connect(proxy) as connection:
        assert ask(connection) == b"hello"


def test_pieces_arrive_late(proxy):
    proxy.play("latency", delay_s=0.2)
    with connect(proxy) as connection:
        began = time.monotonic()
        assert ask(connection) == b"hello"
        assert time.monotonic() - began >= 0.4  # there and back


def test_a_reply_is_cut_after_some_bytes(proxy):
    proxy.play("cut", cut_bytes=3)
    with connect(proxy) as connection:
        assert ask(connection) == b"hel"
        assert connection.recv(100) == b""


def test_a_reply_drips(proxy):
    proxy.play("slow", bytes_per_s=100)
    with connect(proxy) as connection:
        began = time.monotonic()
        connection.sendall(b"x" * 50)
        received = b""
        while len(received) < 50:
            received += connection.recv(100)
        assert time.monotonic() - began >= 0.4


def test_connections_are_counted(proxy):
    with connect(proxy), connect(proxy):
        until(lambda: proxy.accepted == 2, what="both connections")
