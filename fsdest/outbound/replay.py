"""The standard path for a reply of which a part was read already."""

import io
import re
import socket
from http.client import HTTPResponse
from typing import Any, cast

from urllib3 import BaseHTTPResponse, HTTPHeaderDict
from urllib3 import HTTPResponse as RawResponse
from urllib3.connection import HTTPConnection

FOLD = re.compile(r"[ \t]*\r\n[ \t]+")  # within the value of a header


def read_on(connection: HTTPConnection, seen: bytes, method: str) -> BaseHTTPResponse:
    """Return what urllib3 makes of a reply of which `seen` was read already."""
    answer = HTTPResponse(cast(Any, _Seen(seen, connection.sock)), method=method)
    try:
        answer.begin()
    except BaseException:
        answer.close()
        raise
    if answer.will_close:
        connection.close()  # its file stays open until the answer is read
    headers = HTTPHeaderDict((name, FOLD.sub(" ", value)) for name, value in answer.msg.items())
    return RawResponse(
        body=answer,
        headers=headers,
        status=answer.status,
        version=answer.version,
        reason=answer.reason,
        preload_content=False,
        decode_content=False,
        original_response=answer,
        connection=connection,
        request_method=method,
    )


class _Replay(io.RawIOBase):
    """What was read from a socket already, then the rest."""

    def __init__(self, seen: bytes, rest: io.RawIOBase) -> None:
        self._seen, self._rest = seen, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._seen:
            return self._rest.readinto(buffer)
        size = min(len(buffer), len(self._seen))
        buffer[:size] = self._seen[:size]
        self._seen = self._seen[size:]
        return size

    def close(self) -> None:
        self._rest.close()
        super().close()


class _Seen:
    """Stands for a socket where http.client asks for its file."""

    def __init__(self, seen: bytes, sock: socket.socket) -> None:
        self._seen, self._sock = seen, sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        rest = cast(io.RawIOBase, self._sock.makefile("rb", buffering=0))
        return io.BufferedReader(_Replay(self._seen, rest))
