"""The sandbox's front door: from bytes to a call, through faults and permissions, to a reply.

Plain ASGI, since it is also the sink of the benchmarks. The order is the one FullStory's answers
imply: the network first, then the key, the rate, the route, idempotency, and then the work.
"""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Scope, Send

from fsdest.sandbox import control, routes
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.faults import Fault
from fsdest.sandbox.keys import recognise
from fsdest.sandbox.playing import Player
from fsdest.sandbox.replies import (
    FORBIDDEN,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    SERVER_ERROR,
    UNAUTHORIZED,
    Reply,
    too_many,
)
from fsdest.sandbox.routes import Route
from fsdest.sandbox.wire import Disconnected, Wire, read_body, send_reply, until_gone
from fsdest.sandbox.world import World


class Application:
    """The ASGI application. `wire` reaches below it, for the faults of a network."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world = world
        self.player = Player(wire)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        with suppress(Disconnected):
            call = await _read(scope, receive)
            if call.path.startswith(control.PREFIX) or call.path == "/healthz":
                await send_reply(send, control.answer(call, self.world, self.player))
            else:
                await self._serve(call, scope, receive, send)

    async def _serve(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a call that is still held when the sandbox stops is cut off."""
        try:
            await self._answer_through_faults(call, scope, receive, send)
        except asyncio.CancelledError:
            self.player.cut(scope)
            await until_gone(receive)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Answer the server's start and stop messages; unfinished jobs go on with the start."""
        while (await receive())["type"] == "lifespan.startup":
            self.world.jobs.resume()
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer_through_faults(
        self, call: Call, scope: Scope, receive: Receive, send: Send
    ) -> None:
        world = self.world
        key = call.headers.get(b"authorization", b"")
        call.seq = _write_down(call, world)
        fault = world.faults.meet(call, key=_plain(key)) if world.faults.all else None
        if fault and await self.player.plays_before_all(fault, scope, receive):
            world.ledger.answered(call.seq, 0)
            return
        call.key = recognise(key)
        reply = await self._answer(call, fault)
        if fault and await self.player.plays_instead_of(fault, reply, scope, receive, send):
            world.ledger.answered(call.seq, 0)
            return
        if not world.settings.fast:
            world.ledger.answered(call.seq, reply.status)
        await send_reply(send, reply)

    async def _answer(self, call: Call, fault: Fault | None) -> Reply:
        world = self.world
        if call.key is None:
            return UNAUTHORIZED
        if not world.pulse.admits(world.settings):
            return too_many(world.settings.rate_retry_after_s)
        found = routes.find(call.path)
        if found is None:
            return await self._planned(fault) or NOT_FOUND
        by_method, call.parts = found
        route = by_method.get(_method(call, world))
        if route is None:
            return await self._planned(fault) or METHOD_NOT_ALLOWED
        if call.key.role < route.needs:
            return FORBIDDEN
        if not route.is_idempotent or call.idempotency_key is None:
            return await self._work(route, call, fault)
        return await self._work_once(route, call, fault)

    async def _work_once(self, route: Route, call: Call, fault: Fault | None) -> Reply:
        """Work, unless the call's Idempotency-Key was used before."""
        assert call.key is not None and call.idempotency_key is not None  # noqa: S101, PT018
        place = (call.key.org, f"{route.method} {route.path}", call.idempotency_key)
        if kept := self.world.memory.begin(place, call):
            return kept
        reply = None
        try:
            reply = await self._work(route, call, fault)
        finally:
            self.world.memory.end(place, None if fault and not fault.saved else reply)
        return reply

    async def _work(self, route: Route, call: Call, fault: Fault | None) -> Reply:
        if planned := await self._planned(fault):
            return planned
        try:
            reply = route.answer(call, self.world)
        except Refusal as refusal:
            reply = refusal.reply
        except RecursionError:
            reply = SERVER_ERROR
        if fault:
            await self.player.plays_after_work(fault)
        return reply

    async def _planned(self, fault: Fault | None) -> Reply | None:
        """Play the fault as far as it comes before work; return its reply, if it has one."""
        return await self.player.plays_before_work(fault) if fault else None


def _method(call: Call, world: World) -> str:
    """Return the call's method; PUT and PATCH may count as POST."""
    if call.method in {"PUT", "PATCH"} and world.settings.put_and_patch == "accept":
        return "POST"
    return call.method


async def _read(scope: Scope, receive: Receive) -> Call:
    path = scope["raw_path"].decode("latin-1")
    if path.startswith("/v2beta/"):
        path = f"/v2/{path[8:]}"
    return Call(
        method=scope["method"],
        path=path,
        raw_query=scope["query_string"],
        headers=dict(scope["headers"]),
        body=await read_body(receive),
    )


def _write_down(call: Call, world: World) -> int:
    entry: dict[str, Any] = {"method": call.method, "path": call.path}
    if call.raw_query:
        entry["query"] = call.raw_query.decode("latin-1")
    entry["idempotency_key"] = call.idempotency_key
    entry["bytes"] = len(call.body)
    if not world.settings.fast:
        entry["headers"] = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in call.headers.items()
            if name not in {b"authorization", b"cookie"}
        }
        entry["digest"] = call.digest
        if kept := world.settings.keep_body_bytes:
            entry["body"] = call.body[:kept].decode(errors="replace")
    return world.ledger.received(entry)


def _plain(authorization: bytes) -> str:
    return authorization.decode("latin-1").partition(" ")[2]
