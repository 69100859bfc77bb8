"""What one call costs in processor time: a lean line, the standard one, and what people write.

Every way sends the same record, of about 280 bytes, to a server in a process of its own that
answers at once; they take turns, so that whatever else the machine does falls on all alike.
Processor time, because the time on the clock is mostly that of the server and of neighbours.
"""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from math import inf
from multiprocessing.connection import Connection

import requests

from benches import figures
from benches.figures import Figure
from fsdest.exchange import Reply, Request
from fsdest.outbound import Line, Route

SHOWN = figures
ROUNDS, CALLS = 7, 1000
DEADLINE = timedelta(seconds=30)
BODY = b'{"uid":"user-000001","display_name":"Ann","properties":{"note":"%s"}}' % (b"x" * 212)
HEADERS = (("Content-Type", "application/json"), ("Idempotency-Key", "k" * 36))
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 0123456789abcdef\r\n"
    b"Content-Length: 15\r\n\r\n" + b'{"id":"123456"}'
)

Way = Callable[[], None]


def measure() -> list[Figure]:
    """Return the microseconds of a call, each way; a lean one must take a third of the others."""
    with _server() as port, closing(_Ways(port)) as ways:
        spent: dict[str, list[float]] = {name: [] for name in ways.named}
        for turn in range(ROUNDS + 1):
            for name, way in ways.named.items():
                seconds = _processor_time(way)
                if turn:  # the first opens connections
                    spent[name].append(seconds / CALLS * 1e6)
    rivals = [sorted(spent[name])[ROUNDS // 2] for name in ("Session.send", "standard line")]
    limits = {"lean line": min(rivals) / 3}
    return [
        Figure(name=name, unit="us", values=tuple(values), below=limits.get(name, inf))
        for name, values in spent.items()
    ]


def _processor_time(way: Way) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        way()
    return time.process_time() - began


class _Ways:
    """Each way to make the same call, over a connection that it keeps."""

    def __init__(self, port: int) -> None:
        base = f"http://127.0.0.1:{port}"
        self._request = Request(method="POST", url=base + "/v2/users", headers=HEADERS, body=BODY)
        self._session = requests.Session()
        self._session.trust_env = False
        plain = requests.Request("POST", self._request.url, dict(HEADERS), data=BODY)
        self._prepared = self._session.prepare_request(plain)
        self._lines = [Line(Route(loopback=base), is_lean=is_lean) for is_lean in (False, True)]
        self._bare = socket.create_connection(("127.0.0.1", port))
        head = "".join(f"{name}: {value}\r\n" for name, value in self._prepared.headers.items())
        self._bytes = f"POST /v2/users HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode() + BODY
        self.named: dict[str, Way] = {
            "Session.post": self._post,
            "Session.send": lambda: self._session.send(self._prepared, timeout=30).close(),
            "standard line": lambda: self._send(self._lines[0]),
            "lean line": lambda: self._send(self._lines[1]),
            "prebuilt bytes, bare socket": self._raw,
        }

    def _post(self) -> None:
        self._session.post(
            self._request.url, data=BODY, headers=dict(HEADERS), timeout=30
        ).raise_for_status()

    def _send(self, line: Line) -> None:
        reply = line.send(self._request, deadline=DEADLINE)
        if not isinstance(reply, Reply):
            raise RuntimeError(reply.sentence)

    def _raw(self) -> None:
        self._bare.sendall(self._bytes)
        if self._bare.recv(65536) != ANSWER:
            raise RuntimeError("the server of the benchmark answered something else")

    def close(self) -> None:
        """Close every connection."""
        self._session.close()
        self._bare.close()
        for line in self._lines:
            line.close()


@contextmanager
def _server() -> Iterator[int]:
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    child.start()
    try:
        yield ours.recv()
    finally:
        child.terminate()
        child.join()


def _serve(told: Connection) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    told.send(listener.getsockname()[1])
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_answer, args=(sock,), daemon=True).start()


def _answer(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    came = b""
    while piece := sock.recv(65536):
        came += piece
        if came.endswith(BODY):  # one request at a time, each with this body
            came = b""
            sock.sendall(ANSWER)
