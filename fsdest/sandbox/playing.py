"""Faults at work: each is played at its place on the way of a call."""

import asyncio
import gzip
from functools import lru_cache

import orjson
from starlette.types import Receive, Scope, Send

from fsdest.sandbox.faults import Fault, Kind
from fsdest.sandbox.replies import (
    FORBIDDEN,
    NOT_FOUND,
    SERVER_ERROR,
    UNAUTHORIZED,
    Reply,
    error,
    too_many,
)
from fsdest.sandbox.wire import Wire, heads, until_gone

_USUAL = {reply.status: reply for reply in (UNAUTHORIZED, FORBIDDEN, NOT_FOUND, SERVER_ERROR)}
_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"
)
_PIECE = 1024 * 1024  # bytes of an oversize body sent at a time


class Player:
    """Plays faults, and knows who is held at a barrier."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.cut = wire.cut
        self._gate = asyncio.Event()
        self.held = 0  # calls at a barrier now

    def release(self) -> int:
        """Let every call go that is held at a barrier; return how many they are."""
        released, gate = self.held, self._gate
        self._gate = asyncio.Event()
        gate.set()
        return released

    async def plays_before_all(self, fault: Fault, scope: Scope, receive: Receive) -> bool:
        """Play what happens before FullStory has read anything. True: the call is over."""
        match fault.kind:
            case Kind.CUT_BEFORE:
                self._wire.cut(scope)
            case Kind.REFUSE:
                self._wire.refuse(fault.for_s)
            case _:
                return False
        await until_gone(receive)
        return True

    async def plays_before_work(self, fault: Fault) -> Reply | None:
        """Play what comes before the work; a reply is given instead of working."""
        match fault.kind:
            case Kind.STATUS:
                return _planned(fault)
            case Kind.DELAY:
                await asyncio.sleep(fault.delay_s)
            case Kind.BARRIER:
                await self._hold()
        return None

    async def plays_after_work(self, fault: Fault) -> None:
        """Play what keeps a reply back."""
        match fault.kind:
            case Kind.DELAY_REPLY:
                await asyncio.sleep(fault.delay_s)
            case Kind.BARRIER_REPLY:
                await self._hold()

    async def plays_instead_of(
        self, fault: Fault, reply: Reply, scope: Scope, receive: Receive, send: Send
    ) -> bool:
        """Play what spoils a reply that is ready. True: nothing is left to send."""
        match fault.kind:
            case Kind.CUT_AFTER:
                self._wire.cut(scope)
                await until_gone(receive)
            case Kind.CUT_MIDWAY:
                await _start(send, reply)
                await _piece(send, reply.body[: len(reply.body) // 2], more=True)
                await asyncio.sleep(0.05)  # what was written leaves before the connection ends
                self._wire.cut(scope)
                await until_gone(receive)
            case Kind.DRIP:
                await _drip(send, reply, fault)
            case Kind.OVERSIZE:
                await _flood(send, reply, fault.size_bytes)
            case Kind.TRUNCATE | Kind.HTML | Kind.CONTENT_TYPE | Kind.GZIP_BOMB:
                spoilt = _spoilt(fault, reply)
                await _start(send, spoilt)
                await _piece(send, spoilt.body, more=False)
            case _:
                return False
        return True

    async def _hold(self) -> None:
        self.held += 1
        try:
            await self._gate.wait()
        finally:
            self.held -= 1


def _planned(fault: Fault) -> Reply:
    """Return the reply a status fault names; without a body, FullStory's own for that status."""
    headers = tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in fault.headers.items())
    kind = next((v for k, v in headers if k.lower() == b"content-type"), b"application/json")
    rest = tuple(pair for pair in headers if pair[0].lower() != b"content-type")
    if fault.body is None:
        return Reply(fault.status, _usual(fault.status).body, rest, kind)
    body = fault.body.encode() if isinstance(fault.body, str) else orjson.dumps(fault.body)
    return Reply(fault.status, body, rest, kind)


def _usual(status: int) -> Reply:
    if status == 429:
        return too_many(1)
    if status in (204, 304):
        return Reply(status)
    return _USUAL.get(status) or error(status, f"Sandbox fault {status}", "sandbox_fault")


def _spoilt(fault: Fault, reply: Reply) -> Reply:
    match fault.kind:
        case Kind.TRUNCATE:
            return Reply(reply.status, reply.body[: (len(reply.body) + 1) // 2], reply.headers)
        case Kind.HTML:
            return Reply(200, _PAGE, content_type=b"text/html; charset=utf-8")
        case Kind.CONTENT_TYPE:
            kind = fault.content_type.encode("latin-1")
            return Reply(reply.status, reply.body, reply.headers, kind)
        case _:
            packed = ((b"content-encoding", b"gzip"),)
            return Reply(reply.status, _bomb(fault.size_bytes), packed)


@lru_cache(maxsize=2)
def _bomb(size: int) -> bytes:
    """Return a gzip file of `size` zero bytes, about a thousandth of that."""
    return gzip.compress(bytes(size), compresslevel=9, mtime=0)


async def _drip(send: Send, reply: Reply, fault: Fault) -> None:
    await _start(send, reply)
    for first in range(0, len(reply.body), max(1, fault.piece_bytes)):
        await asyncio.sleep(fault.delay_s)
        await _piece(send, reply.body[first : first + max(1, fault.piece_bytes)], more=True)
    await _piece(send, b"", more=False)


async def _flood(send: Send, reply: Reply, size: int) -> None:
    """Send a JSON body of `size` bytes, of which we never hold more than a piece."""
    opening, closing = b'{"padding":"', b'"}'
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(size).encode()),
            ],
        }
    )
    await _piece(send, opening, more=True)
    left = size - len(opening) - len(closing)
    while left > 0:
        await _piece(send, b"a" * min(left, _PIECE), more=True)
        left -= _PIECE
    await _piece(send, closing, more=False)


async def _start(send: Send, reply: Reply) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": heads(reply)})


async def _piece(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
