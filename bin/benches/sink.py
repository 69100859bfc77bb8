"""A server that answers as FullStory would and does next to nothing else: sink.py [DELAY_MS]

    POST, PUT, PATCH, DELETE   counted, then answered: an import job for /batch, an id for others
    GET /_bench                what was counted since the last GET /_bench/reset, as JSON
    GET (anything else)        an import job that has ended

It prints its port. Times are those of time.monotonic(), which on Linux all processes share.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field

import uvloop

BUFFER = 1024 * 1024  # bytes of one read


@dataclass
class Counted:
    """What came since the last reset."""

    calls: int = 0
    bytes: int = 0  # of heads and bodies
    first: float = 0.0  # when the first call had arrived, and the last one
    last: float = 0.0


@dataclass
class Sink:
    """What all connections share."""

    delay_s: float
    counted: Counted = field(default_factory=Counted)
    jobs: int = 0


def reply(body: bytes) -> bytes:
    """Return a whole answer."""
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 0123456789abcdef\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


ID = reply(b'{"id":"123456789012345"}')
ENDED = reply(b'{"job":{"id":"1","status":"COMPLETED"},"imports":1,"errors":0}')


class Connection(asyncio.BufferedProtocol):
    """Takes requests, one after the other, without keeping their bodies."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = bytearray(BUFFER if not sink.delay_s else BUFFER // 16)
        self._view = memoryview(self._buffer)
        self._filled = 0  # bytes of a head that is not whole yet
        self._missing = 0  # bytes of the body that are still to come
        self._path = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def get_buffer(self, _hint: int) -> memoryview:
        return self._view[self._filled :]

    def buffer_updated(self, count: int) -> None:
        self._sink.counted.bytes += count
        if self._missing:
            self._missing -= count
        elif not self._begin(self._filled + count):
            self._filled += count
            return
        self._filled = 0
        if self._missing <= 0:
            self._answer()

    def _begin(self, filled: int) -> bool:
        """Read a head; False if it is not whole yet."""
        end = self._buffer.find(b"\r\n\r\n", 0, filled)
        if end < 0:
            return False
        head = bytes(self._view[:end]).lower()
        at = head.find(b"content-length: ")
        length = int(head[at + 16 :].split(b"\r", 1)[0]) if at >= 0 else 0
        self._missing = end + 4 + length - filled
        self._path = b"" if head.startswith(b"post /v2/users ") else head.split(b" ", 2)[1]
        self._is_get = head.startswith(b"get ")
        return True

    def _answer(self) -> None:
        sink = self._sink
        if self._is_get:
            self._transport.write(self._told())
            return
        counted = sink.counted
        counted.calls += 1
        counted.last = time.monotonic()
        counted.first = counted.first or counted.last
        answer = ID
        if self._path.endswith(b"/batch"):
            sink.jobs += 1
            answer = reply(b'{"job":{"id":"job-%d","status":"PROCESSING"}}' % sink.jobs)
        if sink.delay_s:
            asyncio.get_running_loop().call_later(sink.delay_s, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _told(self) -> bytes:
        if not self._path.startswith(b"/_bench"):
            return ENDED
        told = json.dumps(asdict(self._sink.counted)).encode()
        if self._path.endswith(b"/reset"):
            self._sink.counted = Counted()
        return reply(told)


async def serve(delay_s: float) -> None:
    """Serve until ended."""
    sink = Sink(delay_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(sink), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0))
