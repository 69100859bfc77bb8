"""The ordinary reply: one that may be read the short way, because both ways read it alike.

Its head arrives in one piece, in plain HTTP/1.1, with one Content-Length and no coding, as nearly
every reply of an API does. Any other is left to http.client, whose judgement is the measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import httptools

from fsdest.exchange import Headers

LONGEST = 65536  # bytes of a body that is read the short way
START = b"HTTP/1.1 "
# Names on which the length of a reply, or what its bytes mean, depends in further ways.
DECIDING = frozenset({"transfer-encoding", "content-encoding", "trailer", "upgrade"})
MOST_HEADERS = 99  # http.client refuses more


@dataclass(slots=True)
class Head:
    """The status line and the headers of an ordinary reply."""

    status: int
    headers: Headers
    end: int  # where the body begins
    length: int  # bytes of the body


class _Listener:
    """Hears the headers as httptools finds them; a dictionary listens faster than a function."""

    __slots__ = ("found", "on_header")

    def __init__(self) -> None:
        self.found: dict[bytes, bytes] = {}
        self.on_header = self.found.__setitem__


def recognise(seen: bytes) -> Head | None:
    """Return the head of the reply that begins with `seen`; None if it is not ordinary."""
    end = seen.find(b"\r\n\r\n") + 4
    head = seen[:end]
    if end < 4 or not head.isascii() or not head.startswith(START):
        return None
    listener = _Listener()
    # A new one for each: that costs 0.2 microseconds, and nothing can be left in it.
    parser = httptools.HttpResponseParser(listener)
    try:
        parser.feed_data(head)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    if len(listener.found) != head.count(b"\r\n") - 2:  # a name came twice, or a value is folded
        return None
    status = parser.get_status_code()
    pairs = [(name.decode(), value.decode()) for name, value in listener.found.items()]
    length = _length(status, pairs)
    return None if length is None else Head(status, tuple(pairs), end, length)


def _length(status: int, pairs: Sequence[tuple[str, str]]) -> int | None:
    """Return the bytes of the body, or None where that takes more than one glance."""
    values = {name.lower(): value for name, value in pairs}
    if len(values) < len(pairs) or len(pairs) > MOST_HEADERS or not DECIDING.isdisjoint(values):
        return None
    if not 200 <= status <= 599 or status == 304:
        return None
    if values.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    length = values.get("content-length", "0" if status == 204 else "")
    if not (length.isdigit() and len(length) < 6) or (status == 204 and length != "0"):
        return None
    return int(length) if int(length) <= LONGEST else None
