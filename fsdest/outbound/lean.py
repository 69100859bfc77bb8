"""The lean adapter: one write for each request, and a short way to read an ordinary reply.

Of a call through the standard path most time goes into http.client and into the pool. This one
keeps its connections itself, in one thread, and leaves every other reply to http.client together
with what was already read of it, so that the answer is the same either way.
"""

import re
import select
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeGuard

from requests import PreparedRequest, Response
from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection

from fsdest.exchange import Headers
from fsdest.outbound.guard import GuardedAdapter, GuardedConnection, GuardedTLSConnection, trust
from fsdest.outbound.ordinary import Head, recognise
from fsdest.outbound.replay import read_on
from fsdest.outbound.route import Place
from fsdest.outbound.wire import WireSocket, WireTLSSocket

AT_ONCE = 65536  # bytes of one read, and of a body that is sent in one write with its head
MOST_KEPT = 8  # connections, as many as there are pools in the standard path
# A target that urllib3 would send as it is.
PLAIN_TARGET = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/?-]*")
# No body means no length with these; and a reply to HEAD has one that does not come.
WITHOUT_LENGTH = frozenset({"GET", "DELETE", "OPTIONS", "TRACE"})
STANDARD_METHODS = frozenset({"HEAD", "CONNECT"})


class Whole:
    """A reply that was read to its end: as much of urllib3's response as a Line looks at."""

    __slots__ = ("_body", "_headers", "status")

    def __init__(self, head: Head, body: bytes) -> None:
        self.status, self._headers, self._body = head.status, head.headers, body

    @property
    def headers(self) -> "Whole":
        return self

    def items(self) -> Headers:
        """Return the headers; no name occurs twice."""
        return self._headers

    def read(self, _amount: int = 0, decode_content: bool = False) -> bytes:
        """Return the body, all of it: it is within the cap, and has no coding."""
        return self._body

    def release_conn(self) -> None:
        """Do nothing: the adapter keeps the connection."""

    def close(self) -> None:
        """Do nothing."""


class _Kept:
    """A connection that is kept, with the means to see that the other side gave it up."""

    __slots__ = ("connection", "poll", "sock")

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        connection.connect()
        sock = connection.sock
        assert isinstance(sock, WireSocket | WireTLSSocket)  # noqa: S101 - the deadline is theirs
        self.sock = sock
        self.poll = select.poll()
        self.poll.register(sock, select.POLLIN)

    @property
    def is_good(self) -> bool:
        """Whether it is open and silent: an end, and words nobody asked for, can be read."""
        sock = self.connection.sock
        if sock is None or self.poll.poll(0):
            return False
        return not (isinstance(sock, WireTLSSocket) and sock.pending())


class LeanAdapter(GuardedAdapter):
    """A GuardedAdapter that does most calls by itself. The Response is the same object each time.

    It sends byte for byte what the parent would send.
    """

    def __init__(self, *args: Any) -> None:
        self._kept: dict[tuple[str, str, int], _Kept] = {}
        self._response = Response()
        self._begun: _Kept | None = None  # on which a request was sent, its reply not yet read
        super().__init__(*args)

    def begin(self, request: PreparedRequest) -> bool:
        """Send `request`, of which the next `send` reads the reply; False if that does all."""
        place = self._wire.place
        if request.method in STANDARD_METHODS or not _is_plain_target(place.target):
            return False
        kept = self._connect(place)
        try:
            _write(kept.sock, _head(request, place), request.body)
        except BaseException:
            kept.connection.close()
            raise
        self._begun = kept
        return True

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        *rest: Any,
        **options: Any,
    ) -> Response:
        """Send `request` to the place of the wire. Raises what urllib3 and sockets raise."""
        if self._begun is None:
            self.begin(request)
        kept, self._begun = self._begun, None
        if kept is None:
            return super().send(request, stream, timeout, *rest, **options)
        try:
            raw = self._read(kept, str(request.method))
        except BaseException:
            kept.connection.close()
            raise
        response = self._response
        response.status_code, response.raw, response.request = raw.status, raw, request
        return response

    def forget_connections(self) -> None:
        """Close what is open, so that the next call starts with a new connection."""
        for kept in self._kept.values():
            kept.connection.close()
        self._kept.clear()
        super().forget_connections()

    def close(self) -> None:
        self.forget_connections()
        super().close()

    def _connect(self, place: Place) -> _Kept:
        key = (place.scheme, place.host, place.port)
        kept = self._kept.get(key)
        if kept is None or not kept.is_good:
            if kept is not None:
                kept.connection.close()
            elif len(self._kept) >= MOST_KEPT:
                self.forget_connections()
            kept = self._kept[key] = _Kept(self._connection(place))
        return kept

    def _connection(self, place: Place) -> HTTPConnection:
        options: dict[str, Any] = {"wire": self._wire, "resolve": self._resolve}
        host = place.host.strip("[]")
        if place.scheme == "http":
            return GuardedConnection(host, place.port, **options)
        context = trust(self._ca_file)
        return GuardedTLSConnection(host, place.port, ssl_context=context, **options)

    def _read(self, kept: _Kept, method: str) -> Whole | BaseHTTPResponse:
        sock = kept.sock
        seen = sock.recv_at_once(AT_ONCE) if _is_plain(sock) else sock.recv(AT_ONCE)
        head = recognise(seen)
        if head is None or head.length > self._wire.max_bytes:
            return read_on(kept.connection, seen, method)
        end = head.end + head.length
        while len(seen) < end:
            # Never less, so that nothing is left in the TLS layer, where no poll would see it.
            more = kept.sock.recv(AT_ONCE)
            if not more:
                raise ConnectionError("the answer ends before its end")
            seen += more
        if len(seen) > end:
            kept.connection.close()  # what follows would be taken for the next answer
        return Whole(head, seen[head.end : end])


@lru_cache(maxsize=4096)
def _is_plain_target(target: str) -> bool:
    return bool(PLAIN_TARGET.fullmatch(target))


def _is_plain(sock: WireSocket | WireTLSSocket) -> TypeGuard[WireSocket]:
    return type(sock) is WireSocket


def _head(request: PreparedRequest, place: Place) -> bytes:
    begin = f"{request.method} {place.target} HTTP/1.1\r\nHost: {place.name}\r\n"
    if not request.body and request.method not in WITHOUT_LENGTH:
        begin += "Content-Length: 0\r\n"
    headers = "\r\n".join(map(": ".join, request.headers.items()))
    return f"{begin}{headers}\r\n\r\n".encode("ascii")


def _write(sock: WireSocket | WireTLSSocket, head: bytes, body: Any) -> None:
    # An answer may be there all the same, such as 413 to a body that is too long.
    with suppress(BrokenPipeError, ConnectionResetError):
        if body and len(body) > AT_ONCE:
            sock.sendall(head)
            sock.sendall(body)
        elif _is_plain(sock):
            sock.send_at_once(head + body if body else head)
        else:
            sock.sendall(head + body if body else head)
