"""The ordinary reply: one that may be read the short way, because both ways read it alike.

Its head arrives in one piece, in plain HTTP/1.1, with one Content-Length and no coding, as nearly
every reply of an API does. Any other is left to http.client, whose judgement is the measure.
"""

from dataclasses import dataclass
from functools import lru_cache

import httptools

from fsdest.exchange import Headers

LONGEST = 65536  # bytes of a body that is read the short way
START = b"HTTP/1.1 "
# Names on which the length of a reply, or what its bytes mean, depends in further ways.
DECIDING = frozenset({"transfer-encoding", "content-encoding", "trailer", "upgrade"})
MOST_HEADERS = 99  # http.client refuses more
SHAPES_KEPT = 256


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
    shape = _shape(tuple(listener.found))
    if shape is None:
        return None
    status, values = parser.get_status_code(), list(map(bytes.decode, listener.found.values()))
    length = _length(status, shape, values)
    if length is None:
        return None
    return Head(status, tuple(zip(shape.names, values, strict=True)), end, length)


@dataclass(slots=True)
class _Shape:
    """What the names of the headers tell; a server sends the same ones again and again."""

    names: list[str]
    length_at: int  # the place of Content-Length among them, or -1
    connection_at: int  # that of Connection, or -1


@lru_cache(maxsize=SHAPES_KEPT)
def _shape(names: tuple[bytes, ...]) -> _Shape | None:
    """Return None where what follows hangs on more than the length."""
    texts = [name.decode() for name in names]
    lower = [text.lower() for text in texts]
    if len(set(lower)) < len(lower) or len(lower) > MOST_HEADERS or not DECIDING.isdisjoint(lower):
        return None

    def place(name: str) -> int:
        return lower.index(name) if name in lower else -1

    return _Shape(texts, place("content-length"), place("connection"))


def _length(status: int, shape: _Shape, values: list[str]) -> int | None:
    """Return the bytes of the body, or None where that takes more than one glance."""
    if not 200 <= status <= 599 or status == 304:
        return None
    if shape.connection_at >= 0 and values[shape.connection_at].lower() != "keep-alive":
        return None
    given = values[shape.length_at] if shape.length_at >= 0 else "0" if status == 204 else ""
    if not (given.isdigit() and len(given) < 6) or (status == 204 and given != "0"):
        return None
    return int(given) if int(given) <= LONGEST else None
