"""Servers that behave badly on purpose, each on a free port of this machine."""

import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from fsdest.exchange import Request
from fsdest.outbound import Line, Route

Script = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def read_request(sock: socket.socket) -> bytes:
    """Return one whole request, or b"" when the other side has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


class Server:
    """Plays `script` on each connection and keeps what it was sent."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.script: Script = self.answer(OK)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def answer(self, *replies: bytes, linger: bool = True) -> Script:
        """A script that gives these bytes to one request after another, then holds or closes."""

        def script(sock: socket.socket) -> None:
            for reply in replies or (b"",):
                request = read_request(sock)
                if not request:
                    return
                self.requests.append(request)
                sock.sendall(reply)
            if linger:
                read_request(sock)

        return script

    def for_ever(self, reply: bytes) -> Script:
        """A script that gives the same bytes to every request."""

        def script(sock: socket.socket) -> None:
            while request := read_request(sock):
                self.requests.append(request)
                sock.sendall(reply)

        return script

    def in_turn(self, *replies: bytes) -> Script:
        """A script that gives the next reply to each request, over any number of connections."""
        rest = iter(replies)

        def script(sock: socket.socket) -> None:
            while (request := read_request(sock)) and (reply := next(rest, b"")):
                self.requests.append(request)
                sock.sendall(reply)

        return script

    def in_pieces(self, *pieces: bytes) -> Script:
        """A script that answers once, in pieces that mostly come one by one, and hangs up."""

        def script(sock: socket.socket) -> None:
            self.requests.append(read_request(sock))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                sock.sendall(piece)

        return script

    def drip(self, first: bytes, piece: bytes, every_s: float) -> Script:
        """A script that never stops answering, a little at a time."""

        def script(sock: socket.socket) -> None:
            self.requests.append(read_request(sock))
            sock.sendall(first)
            while not self._stopped.wait(every_s):
                sock.sendall(piece)

        return script

    def reset(self, sock: socket.socket) -> None:
        """A script that resets the connection in the middle of an answer."""
        self.requests.append(read_request(sock))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _accept(self) -> None:
        self._stopped = threading.Event()
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._open.append(sock)
                threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock: socket.socket) -> None:
        with suppress(OSError), sock:
            self.script(sock)

    def stop(self) -> None:
        self._stopped.set()
        # Shut down, because closing alone would not wake the thread in accept().
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@pytest.fixture
def make_server() -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def make() -> Server:
        servers.append(Server())
        return servers[-1]

    yield make
    for each in servers:
        each.stop()


@pytest.fixture
def server(make_server) -> Server:
    return make_server()


@pytest.fixture(params=[False, True], ids=["standard", "lean"])
def is_lean(request) -> bool:
    """Every test of a line is made with both adapters."""
    return request.param


@pytest.fixture
def make_line(is_lean) -> Iterator[Callable[..., Line]]:
    lines: list[Line] = []

    def make(route: Route, *args: object, **options: object) -> Line:
        lines.append(Line(route, *args, **{"is_lean": is_lean, **options}))
        return lines[-1]

    yield make
    for each in lines:
        each.close()


@pytest.fixture
def line(make_line, server) -> Line:
    """A line to `server`, with a key."""
    return make_line(Route(loopback=server.url), "Basic top-secret-key")


@pytest.fixture
def post(line, server):
    """Post to the server; returns what comes back."""

    def post(
        body: bytes = b"{}", *, path: str = "/v2/users", seconds: float = 5, **rest: object
    ) -> object:
        headers = (("Content-Type", "application/json"),)
        request = Request(method="POST", url=server.url + path, headers=headers, body=body)
        return line.send(request, deadline=timedelta(seconds=seconds), **rest)

    return post


class Dials:
    """The addresses that this process connects to."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def hear(self, event: str, details: tuple[object, ...]) -> None:
        if event == "socket.connect":
            self.seen.append(details[1])


@pytest.fixture(scope="session")
def all_dials() -> Dials:
    dials = Dials()
    sys.addaudithook(dials.hear)  # cannot be removed, so there is one for all tests
    return dials


@pytest.fixture
def dials(all_dials) -> Dials:
    """What was connected to since the test began."""
    all_dials.seen.clear()
    return all_dials
