"""A TLS server before the sandbox, whose certificate a test chooses and changes."""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Self

PIECE = 64 * 1024


class Front:
    """Listens on a free port of this machine. Without a context it never answers a handshake."""

    def __init__(self, upstream: tuple[str, int], context: ssl.SSLContext | None) -> None:
        self.upstream, self.context = upstream, context
        self.accepted = 0
        self._server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._server.getsockname()[1]
        self._silent: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.let_go()

    def let_go(self) -> None:
        """Close the connections that were kept waiting."""
        for connection in self._silent:
            connection.close()
        self._silent.clear()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                self.accepted += 1
                if self.context is None:
                    self._silent.append(near)
                else:
                    threading.Thread(
                        target=self._serve, args=(near, self.context), daemon=True
                    ).start()

    def _serve(self, near: socket.socket, context: ssl.SSLContext) -> None:
        with (
            suppress(OSError),
            context.wrap_socket(near, server_side=True) as secure,
            socket.create_connection(self.upstream) as far,
        ):
            back = threading.Thread(target=_pump, args=(far, secure), daemon=True)
            back.start()
            _pump(secure, far)
            far.shutdown(socket.SHUT_RDWR)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
