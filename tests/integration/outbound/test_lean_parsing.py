"""What the short way takes for an ordinary reply, http.client reads just so."""

import io
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest
from urllib3 import HTTPHeaderDict
from urllib3 import HTTPResponse as RawResponse

from fsdest.outbound import ordinary

REPLIES = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\ncontent-length:0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\nX-A: b: c\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: \t y z\r\nContent-Length: 10\r\nA!#$%&'*+^_`|~: ~\r\n\r\n0123456789",
]


class File:
    """Stands for a socket whose other side sent these bytes and went."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.data))


def read_by_the_standard(data: bytes) -> tuple[object, ...]:
    """Return status, headers, body and whether the connection can be kept."""
    answer = HTTPResponse(File(data), method="POST")
    answer.begin()
    headers = HTTPHeaderDict(answer.msg.items())
    raw = RawResponse(
        body=answer,
        headers=headers,
        status=answer.status,
        preload_content=False,
        original_response=answer,
        request_method="POST",
    )
    body = raw.read(100_000, decode_content=True)
    return answer.status, tuple(headers.items()), body, not answer.will_close


def spoilt(reply: bytes) -> Iterator[bytes]:
    """All that one wrong byte can make of `reply`: another, one more, one less."""
    for at in range(len(reply)):
        yield reply[:at] + reply[at + 1 :]
        for byte in range(256):
            yield reply[:at] + bytes([byte]) + reply[at + 1 :]
            yield reply[:at] + bytes([byte]) + reply[at:]


@pytest.mark.parametrize("reply", REPLIES)
def test_ordinary_replies_are_recognised(reply):
    head = ordinary.recognise(reply)
    assert head is not None
    assert (head.status, head.headers, reply[head.end :], True) == read_by_the_standard(reply)
    assert head.length == len(reply) - head.end


@pytest.mark.parametrize("reply", REPLIES)
def test_whatever_one_byte_changes_is_read_alike_or_left_to_the_standard(reply):
    recognised = 0
    for each in spoilt(reply):
        head = ordinary.recognise(each)
        if head is None or len(each) < head.end + head.length:
            continue  # left to the standard, or cut: see test_lean_replies
        recognised += 1
        body = each[head.end : head.end + head.length]
        assert (head.status, head.headers, body, True) == read_by_the_standard(each), each
    assert recognised > 1500


@pytest.mark.parametrize(
    "pair", [b"\r\n", b"\n\n", b"\r\r", b"\n ", b"\n\t", b": ", b" :", b"\0\n"]
)
def test_whatever_two_bytes_change_is_read_alike_or_left_to_the_standard(pair):
    for reply in REPLIES:
        for at in range(len(reply)):
            for end in (at, at + 1, at + 2):
                each = reply[:at] + pair + reply[end:]
                head = ordinary.recognise(each)
                if head is None or len(each) < head.end + head.length:
                    continue
                body = each[head.end : head.end + head.length]
                assert (head.status, head.headers, body, True) == read_by_the_standard(each), each


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close",
        b"HTTP/1.1 200 OK\r\nContent-Length: 65537",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2",
        b"HTTP/1.1 100 Continue\r\nContent-Length: 0",
        b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2",
        b"HTTP/1.1 600 X\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n c",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2" + b"".join(b"\r\nX-%d: y" % n for n in range(99)),
    ],
)
def test_what_takes_more_than_a_glance_is_left_to_the_standard(head):
    assert ordinary.recognise(head + b"\r\n\r\nhi") is None
