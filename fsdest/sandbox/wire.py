"""Between ASGI and the socket: reading, answering, and what only the transport can do."""

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from fsdest.sandbox.replies import Reply


class Disconnected(Exception):
    """The caller is gone."""


async def read_body(receive: Receive) -> bytes:
    """Return the whole body, chunked or not. Raises Disconnected if the caller leaves."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    pieces = bytearray(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        pieces += message.get("body", b"")
    return bytes(pieces)


async def send_reply(send: Send, reply: Reply) -> None:
    """Answer in one piece."""
    await send({"type": "http.response.start", "status": reply.status, "headers": heads(reply)})
    await send({"type": "http.response.body", "body": reply.body})


def heads(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Return the reply's headers, those that every reply has first."""
    length = (b"content-length", str(len(reply.body)).encode())
    if reply.headers:
        return [(b"content-type", reply.content_type), length, *reply.headers]
    return [(b"content-type", reply.content_type), length]


class Wire:
    """The listening port and its connections."""

    def __init__(self, server: uvicorn.Server, host: str, port: int) -> None:
        self._server = server
        self._host = host
        self._port = port
        self._reopening: asyncio.Task[None] | None = None

    def listen(self) -> socket.socket:
        """Open the port. Raises OSError if it is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((self._host, self._port))
        opened.listen(self._server.config.backlog)  # who is told the address may come at once
        self._port = opened.getsockname()[1]
        return opened

    def cut(self, scope: Scope) -> None:
        """Close the connection of a call, at once, without an answer."""
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == scope["client"]:
                connection.transport.abort()

    def refuse(self, seconds: float) -> None:
        """Close the port and every connection, and open it again after `seconds`."""
        for listener in self._server.servers:
            listener.close()
        self._server.servers.clear()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        if self._reopening is None or self._reopening.done():
            self._reopening = asyncio.get_running_loop().create_task(self._reopen(seconds))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        listener = await asyncio.get_running_loop().create_server(
            self._connection, sock=self.listen(), backlog=self._server.config.backlog
        )
        self._server.servers.append(listener)

    def _connection(self) -> asyncio.Protocol:
        kind: Any = self._server.config.http_protocol_class
        protocol: asyncio.Protocol = kind(
            config=self._server.config,
            server_state=self._server.server_state,
            app_state=self._server.lifespan.state,
        )
        return protocol


async def until_gone(receive: Receive) -> None:
    """Wait until the server has noticed that a connection was cut."""
    while (await receive())["type"] != "http.disconnect":
        pass
