"""A network that can be spoilt: a TCP proxy in front of Valkey, PostgreSQL or the sandbox.

    with Proxy(("127.0.0.1", 6379)) as proxy:      # or a path, for a Unix socket
        proxy.play("latency", delay_s=2)           # from now on, for old and new connections
        proxy.play("ok")                           # mended

| mode      | what happens                                                                        |
|-----------|-------------------------------------------------------------------------------------|
| ok        | bytes pass                                                                          |
| blackhole | nothing passes and nothing is said; what was held back passes once it is over       |
| halfopen  | the far ends are gone and the near ends never hear of it, not even once it is over; |
|           | new connections are taken and stay as silent                                        |
| reset     | every connection is cut with RST, a new one as soon as it was taken                 |
| refuse    | connections are cut with RST and the port is closed                                 |
| latency   | each piece arrives `delay_s` later                                                  |
| cut       | a connection ends after `cut_bytes` more of the far side's reply                    |
| slow      | `bytes_per_s` pass, each way of each connection                                     |
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Self

MODES = ("ok", "blackhole", "halfopen", "reset", "refuse", "latency", "cut", "slow")
HOST = "127.0.0.1"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER without a wait: close() sends RST
PIECE = 64 * 1024
SLOW_TICK_S = 0.05
Address = tuple[str, int] | str


class Proxy:
    """Listens on a free port, in a thread of its own, until the end of the `with`."""

    def __init__(self, upstream: Address) -> None:
        """Pass everything on to `upstream`, a host and port or the path of a Unix socket."""
        self.upstream = upstream
        self.mode = "ok"
        self.delay_s, self.bytes_per_s, self.cut_bytes = 2.0, 256, 100
        self.accepted = 0  # connections so far
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def play(
        self, mode: str, *, delay_s: float = 2.0, bytes_per_s: int = 256, cut_bytes: int = 100
    ) -> None:
        """Go over to `mode`, for the connections there are and for those to come."""
        assert mode in MODES, mode
        self.delay_s, self.bytes_per_s, self.cut_bytes = delay_s, bytes_per_s, cut_bytes
        self._run(self._go_over_to(mode))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(10)

    async def _go_over_to(self, mode: str) -> None:
        self.mode = mode
        if mode in {"reset", "refuse"}:
            for pair in list(self._pairs):
                pair.reset()
        if mode == "halfopen":
            for pair in list(self._pairs):
                pair.lose_the_far_end()
        if mode == "cut":
            for pair in list(self._pairs):
                pair.left_bytes = self.cut_bytes
        if mode == "refuse":
            self._stop_listening()
        elif self._server is None:
            await self._listen()
        self._changed.set()
        self._changed = asyncio.Event()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._take, HOST, self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _close(self) -> None:
        self._stop_listening()
        for pair in list(self._pairs):
            pair.reset()
        await asyncio.sleep(0.05)  # the pumps end

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        pair = _Pair(self, writer)
        self._pairs.add(pair)
        try:
            await pair.serve(reader)
        finally:
            self._pairs.discard(pair)

    async def wait_for_change(self, within_s: float | None = None) -> None:
        """Wait until another mode is played."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), within_s)

    async def open_upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the far side."""
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(*self.upstream)


class _Pair:
    """A connection of the near side and the one to the far side that it goes on as."""

    def __init__(self, proxy: Proxy, near: asyncio.StreamWriter) -> None:
        self.proxy, self.near = proxy, near
        self.far: asyncio.StreamWriter | None = None
        self.is_lost = False  # the far end is gone and the near end never hears of it
        self.left_bytes = proxy.cut_bytes

    async def serve(self, near: asyncio.StreamReader) -> None:
        """Pass bytes both ways until one side ends."""
        if self.proxy.mode in {"reset", "refuse"}:
            self.reset()
            return
        if self.proxy.mode == "halfopen":
            await self._swallow(near)
            return
        try:
            far, self.far = await self.proxy.open_upstream()
        except OSError:
            self.reset()
            return
        ways = [
            asyncio.create_task(self._pump(near, self.far, is_reply=False)),
            asyncio.create_task(self._pump(far, self.near, is_reply=True)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)
        if self.is_lost:
            await self._swallow(near)
        self._close(self.near)
        self._close(self.far)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                while self.proxy.mode == "blackhole":
                    await self.proxy.wait_for_change()
                if self.is_lost:
                    return
                await self._pass_on(piece, writer, is_reply=is_reply)
                if self.left_bytes <= 0:
                    return

    async def _pass_on(self, piece: bytes, writer: asyncio.StreamWriter, *, is_reply: bool) -> None:
        match self.proxy.mode:
            case "latency":
                await self.proxy.wait_for_change(self.proxy.delay_s)
            case "cut" if is_reply:
                piece = piece[: self.left_bytes]
                self.left_bytes -= len(piece)
            case "slow":
                piece = await self._drip(piece, writer)
        writer.write(piece)
        await writer.drain()

    async def _drip(self, piece: bytes, writer: asyncio.StreamWriter) -> bytes:
        """Send `piece` slowly for as long as the mode lasts; return what is left of it."""
        size = max(1, int(self.proxy.bytes_per_s * SLOW_TICK_S))
        while piece and self.proxy.mode == "slow":
            writer.write(piece[:size])
            await writer.drain()
            piece = piece[size:]
            await self.proxy.wait_for_change(SLOW_TICK_S)
        return piece

    async def _swallow(self, near: asyncio.StreamReader) -> None:
        """Take what the near side says, as a network does that leads nowhere."""
        self.is_lost = True
        with suppress(OSError):
            while await near.read(PIECE):
                pass

    def lose_the_far_end(self) -> None:
        self.is_lost = True
        if self.far is not None:
            _reset(self.far)

    def reset(self) -> None:
        """Cut both sides with RST."""
        self.is_lost = False
        for writer in (self.near, self.far):
            if writer is not None:
                _reset(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, RuntimeError):
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket | None = writer.get_extra_info("socket")
    with suppress(OSError):
        if raw is not None and raw.family != socket.AF_UNIX:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with suppress(OSError, RuntimeError):
        writer.transport.abort()
