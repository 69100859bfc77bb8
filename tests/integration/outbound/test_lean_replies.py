"""A lean line and a standard one are sent the same bytes, and say the same of them."""

import gzip
import os
import zlib
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsdest.exchange import Reply, Request
from fsdest.outbound import Route

DEADLINE = timedelta(seconds=20)
EXAMPLES = int(os.environ.get("FSDEST_LEAN_EXAMPLES", "600"))  # more, for a long look
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ZIPPED = gzip.compress(b"hello", mtime=0)
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED)
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"0123456789" * 20_000

FINISHED = {  # replies after which a connection may be of use
    "ordinary": OK,
    "other cases and spaces": b"HTTP/1.1 201 \r\ncontent-LENGTH:2\r\nX:\t a  b\r\n\r\nhi",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "chunked": CHUNKED + b"2\r\nhi\r\n3;a=b\r\n ho\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\nhi\r\n0\r\nX-Late: yes\r\n\r\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "twice continue": b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" * 2 + OK,
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK,
    "gzip": GZIP + ZIPPED,
    "both lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "other lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
    "duplicates": b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\nB: 2\r\na: 3\r\n\r\nhi",
    "folded": b"HTTP/1.1 200 OK\r\nA: 1\r\n\t2\r\nContent-Length: 2\r\n\r\nhi",
    "line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "latin": b"HTTP/1.1 200 \xd6K\r\nA: \xe4\r\nContent-Length: 2\r\n\r\nhi",
    "plus": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi",
    "many headers": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\nhi"
    % b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(98)),
    "a long header": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: %s\r\n\r\nhi" % (b"y" * 60_000),
    "a long body": LONG,
    "followed by rubbish": OK + b"rubbish",
    "followed by an answer": OK + b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "chunks and then rubbish": CHUNKED + b"2\r\nhi\r\n0\r\n\r\nrubbish",
}
UNFINISHED = {  # replies that the other side ends by going
    "nothing": b"",
    "in part": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
    "no length": b"HTTP/1.1 200 OK\r\n\r\nhi",
    "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    "close in part": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nhi",
    "close, endless": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.0 kept": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/0.9": b"hi",
    "HTTP/2": b"HTTP/2 200\r\nContent-Length: 2\r\n\r\nhi",
    "only continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "switching": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "deflate": b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n" + zlib.compress(b"hello"),
    "gzip, broken": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot at all",
    "gzip, in part": GZIP + ZIPPED[:-4],
    "identity": b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi",
    "unknown coding": b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nhi",
    "no number": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi",
    "list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi",
    "negative": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi",
    "space in a length": b"HTTP/1.1 200 OK\r\nContent-Length: 1 0\r\n\r\n0123456789",
    "huge length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhi",
    "no chunks": CHUNKED + b"hi",
    "a chunk too long": CHUNKED + b"ffffffffffffffffff\r\nhi\r\n0\r\n\r\n",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
    + CHUNKED[17:]
    + b"2\r\nhi\r\n0\r\n\r\n",
    "a header without colon": b"HTTP/1.1 200 OK\r\nrubbish\r\nContent-Length: 2\r\n\r\nhi",
    "a header without name": b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\nhi",
    "space before colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi",
    "too many headers": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\nhi" % (b"X: y\r\n" * 100),
    "too long a header": b"HTTP/1.1 200 OK\r\nX: %s\r\n\r\nhi" % (b"y" * 70_000),
    "a zero byte": b"HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 2\r\n\r\nhi",
    "carriage returns": b"HTTP/1.1 200 OK\rContent-Length: 2\r\rhi",
    "no status": b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nhi",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nhi",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
}


@pytest.fixture
def is_lean() -> bool:
    """Each test here uses both adapters."""
    return True


@pytest.fixture
def both(make_line, server):
    """Send a request over each line, to be answered in these pieces, or as many as `calls`."""
    lines = [make_line(Route(loopback=server.url), "Basic key", is_lean=lean) for lean in (0, 1)]

    def both(
        *replies: bytes, calls: int = 0, method: str = "POST", **rest: object
    ) -> list[list[object]]:
        request = Request(method=method, url=server.url + "/v2/users", body=b"{}")
        outcomes = []
        for line in lines:
            server.script = server.in_turn(*replies) if calls else server.in_pieces(*replies)
            came = [line.send(request, deadline=DEADLINE, **rest) for _ in range(calls or 1)]
            outcomes.append([outcome(each) for each in came])
            line.close()
        return outcomes

    return both


def outcome(came: object) -> tuple[object, ...]:
    """What a caller can see, but for the time it took."""
    if isinstance(came, Reply):
        return came.status, came.headers, came.body, came.is_cut
    return came.silence, came.sentence


@pytest.mark.parametrize("reply", [*FINISHED.values(), *UNFINISHED.values()], ids=repr)
@pytest.mark.parametrize("max_bytes", [1024 * 1024, 2, 1])
@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_every_kind_of_reply_is_read_alike(both, reply, max_bytes, method):
    standard, lean = both(reply, max_bytes=max_bytes, method=method)
    assert lean == standard


@pytest.mark.parametrize("reply", FINISHED.values(), ids=FINISHED.keys())
def test_the_next_reply_is_read_alike(both, reply):
    standard, lean = both(reply, OK, reply, OK, calls=4)
    assert lean == standard
    assert lean[1][2] == b"hi" or b"103" in reply


@pytest.mark.parametrize(
    "name", ["ordinary", "no content", "chunked", "continue", "gzip", "folded"]
)
def test_a_reply_that_is_cut_anywhere_is_read_alike(both, name):
    for end in range(len(FINISHED[name])):
        standard, lean = both(FINISHED[name][:end])
        assert lean == standard, end


@pytest.mark.parametrize("name", ["ordinary", "chunked", "line feeds", "a long body"])
def test_a_reply_in_pieces_is_read_alike(both, name):
    reply = FINISHED[name]
    for at in range(1, min(len(reply), 80)):
        standard, lean = both(reply[:at], reply[at : at + 1], reply[at + 1 :])
        assert lean == standard, at


STARTS = [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.1 204 No Content"] * 3
STARTS += [b"HTTP/1.1 %d X" % status for status in (100, 101, 199, 205, 304, 599, 600, 999)]
STARTS += [b"HTTP/1.1 200", b"HTTP/1.0 200 OK", b"HTTP/0.9 200 OK", b"HTTP/2 200 OK", b""]
STARTS += [b"HTTP/1.1  200 OK", b"HTTP/1.1 2x0 OK", b"HTTP/1.1 0200 OK", b"http/1.1 200 OK"]
LENGTHS = [b"2", b"2", b"2", b"5", b"0", b"02", b"2 ", b"2, 2", b"", b"-1", b"+2", b"x", b"2\xa0"]
HEADERS = [b"Content-Length: " + value for value in [*LENGTHS, b"9" * 30]]
HEADERS += [b"content-length:2", b"Content-Length\t: 2", b" Content-Length: 2"]
HEADERS += [b"Transfer-Encoding: " + value for value in (b"chunked", b"identity", b"gzip, chunked")]
HEADERS += [b"Connection: " + value for value in (b"close", b"keep-alive", b"Upgrade", b"a, close")]
HEADERS += [b"Content-Encoding: " + value for value in (b"gzip", b"deflate", b"identity", b"")]
HEADERS += [b"X-A: b", b"x-a: c", b"X-A:", b"X-A: \xe4", b"X-A: \0", b": x", b"X A: b", b"X-A"]
HEADERS += [b"\tfold", b"Trailer: X", b"Upgrade: h2c", b"Set-Cookie: a=b", b"From x", b"X: d"]
BODIES = [b"hi", b"", b"hello", ZIPPED, zlib.compress(b"hi"), b"hi" + OK, b"hi\r\n\r\n", OK]
BODIES += [b"2\r\nhi\r\n0\r\n\r\n", b"2;x\r\nhi\r\n0\r\nT: x\r\n\r\n", b"2\r\nhi", b"g\r\nhi\r\n"]


@st.composite
def replies(draw) -> bytes:
    """Something like a reply: mostly well-formed, with anything wrong that may be wrong."""
    lines = [draw(st.sampled_from(STARTS)), *draw(st.lists(st.sampled_from(HEADERS), max_size=5))]
    ends = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b"\r\r\n", b" \r\n"])
    reply = b"".join(line + draw(ends) for line in [*lines, b""]) + draw(st.sampled_from(BODIES))
    if draw(st.booleans()):
        return reply
    at = draw(st.integers(0, len(reply)))
    return reply[:at] + draw(st.binary(max_size=3)) + reply[at + draw(st.integers(0, 3)) :]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(reply=replies(), max_bytes=st.sampled_from([1024, 1024, 2, 1]))
def test_replies_of_any_kind_are_read_alike(both, reply, max_bytes):
    standard, lean = both(reply, max_bytes=max_bytes)
    assert lean == standard
