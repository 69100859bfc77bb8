"""A lean line sends what a standard one sends, byte for byte, over connections as good."""

import socket
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest

from fsdest.exchange import Reply, Request
from fsdest.outbound import Route
from fsdest.outbound.addresses import look_up
from fsdest.outbound.lean import MOST_KEPT, LeanAdapter
from fsdest.outbound.wire import Wire, WireSocket

DEADLINE = timedelta(seconds=20)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]
TARGETS = ["", "/", "/v2/users", "/a/../b", "/a//b", "/%2f%2F%zz", "/a|b[c]{d}^`", "?q", "/?a=b&c"]
NAMES = ["Content-Type", "Idempotency-Key", "X-A", "x-a", "Accept", "Host", "Content-Length", "é"]


@pytest.fixture
def is_lean() -> bool:
    """Each test here uses a lean line, and says where it uses another."""
    return True


@pytest.fixture
def lines(make_line, server):
    """A standard line and a lean one."""
    route = Route(loopback=server.url)
    return [make_line(route, "Basic key", is_lean=is_lean) for is_lean in (False, True)]


def requests(url: str) -> st.SearchStrategy[Request]:
    targets = st.sampled_from(TARGETS) | st.text("/.?%&=;:@!$'()*+,~-_aF2|^\"\\ é", max_size=9)
    names = st.sampled_from(NAMES)
    values = st.sampled_from(["", "b", " b ", "a: b", "a,b", "\t", "ö", "a\r\nb: c"])
    return st.builds(
        Request,
        method=st.sampled_from(METHODS),
        url=targets.map(lambda target: url + target),
        headers=st.lists(st.tuples(names, values), max_size=4).map(tuple),
        body=st.sampled_from([b"", b"{}", b"\0\xff", b"x" * 70_000]),
    )


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_both_send_the_same_bytes_or_nothing(lines, server, data):
    request = data.draw(requests(server.url))
    server.script = server.for_ever(OK)
    server.requests.clear()
    standard, lean = (line.send(request, deadline=DEADLINE) for line in lines)
    if isinstance(standard, Reply):
        assert standard.body == lean.body == b"hi"
        assert server.requests[0] == server.requests[1]
        assert len(server.requests) == 2
    else:
        assert (standard.silence, standard.sentence) == (lean.silence, lean.sentence)
        assert server.requests == []


def test_head_and_body_travel_in_one_piece(lines, server):
    """Most servers read once for a small request; two pieces cost both sides a wake-up."""
    pieces = []

    def script(sock):
        while piece := sock.recv(65536):
            pieces.append(piece)
            sock.sendall(OK)

    server.script = script
    request = Request(method="POST", url=server.url + "/v2/users", body=b"{}")
    assert [lines[1].send(request, deadline=DEADLINE).status for _ in range(20)] == [200] * 20
    assert len(pieces) == 20
    assert server.connections == 1


def test_what_follows_an_answer_is_not_taken_for_the_next(lines, server):
    server.script = server.for_ever(OK + OK.replace(b"200", b"500"))
    request = Request(method="POST", url=server.url + "/v2/users", body=b"{}")
    assert [lines[1].send(request, deadline=DEADLINE).status for _ in range(5)] == [200] * 5
    assert server.connections == 5


@pytest.mark.parametrize(
    "reply",
    [
        OK[:17] + b"Connection: close\r\n" + OK[17:],  # though the server does not close
        OK[:17] + b"Transfer-Encoding: chunked\r\n\r\n20\r\n" + b"x" * 20,  # cut at the cap
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 20,
    ],
)
def test_a_connection_with_no_more_to_say_is_not_used_again(lines, server, reply):
    server.script = server.for_ever(reply)
    request = Request(method="POST", url=server.url + "/v2/users", body=b"{}")
    for _ in range(3):
        assert lines[1].send(request, deadline=DEADLINE, max_bytes=10).status == 200
    assert server.connections == 3


def test_few_connections_are_kept_to_many_places(make_server):
    wire = Wire()
    wire.max_bytes = 100
    adapter, request = LeanAdapter(wire, look_up, ""), PreparedRequest()
    request.method, request.headers, request.body = "GET", {}, None
    for _ in range(MOST_KEPT + 2):
        server = make_server()
        server.script = server.for_ever(OK)
        for _ in range(2):
            wire.begin(Route(loopback=server.url).find(server.url + "/"), 20)
            assert adapter.send(request).raw.read() == b"hi"
        assert server.connections == 1
        assert len(adapter._kept) <= MOST_KEPT
    adapter.close()
    assert adapter._kept == {}


class Passing(Wire):
    """An exchange whose deadline passes just after somebody looked whether it had."""

    looks = 0

    @property
    def is_over(self):
        self.looks += 1
        return self.looks > 1


def test_a_read_that_begins_as_its_deadline_passes_does_not_wait_for_ever(server):
    wire = Passing()
    wire.begin(None, 0)
    ended = threading.Event()

    def read():
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            sock = WireSocket(fileno=there.detach())
            sock.wire = wire
            with sock, suppress(TimeoutError):
                sock.recv_at_once(10)
            ended.set()

    threading.Thread(target=read, daemon=True).start()

    assert ended.wait(5)
    assert wire.looks == 2
