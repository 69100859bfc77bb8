"""The sockets: one deadline over everything they do, and a note of how far they got.

A time-out of requests is for each read: a server that sends one byte a second keeps a call
alive for ever. These sockets give each read and write only the time that is left.
"""

import math
import socket
import ssl
import struct
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any

from fsdest.outbound.route import Place

SLACK_S = 0.05  # by which a read may outlast the deadline: to tell the kernel costs a call
LEAST_WAIT_S = 0.001  # nothing at all would mean for ever
SocketOptions = Iterable[tuple[int, int, int | bytes]]


class Wire:
    """The exchange that is under way on a Line, as its sockets see it."""

    __slots__ = ("ends_at", "is_opened", "is_sent", "max_bytes", "place", "seconds", "trouble")

    max_bytes: int  # of the answer, decompressed, that the caller will look at

    def begin(self, place: Place, seconds: float) -> None:
        """Start an exchange that may take `seconds` in all."""
        self.place = place
        self.seconds = seconds
        self.ends_at = monotonic() + seconds
        self.is_opened = False  # a new connection was made for this exchange
        self.is_sent = False  # the other side may have seen a byte of the request
        self.trouble = ""  # why no connection was made, for a person

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when there are none."""
        seconds = self.ends_at - monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return seconds

    @property
    def is_over(self) -> bool:
        return monotonic() >= self.ends_at

    def open(self, addresses: list[str], port: int, options: SocketOptions) -> "WireSocket":
        """Connect to the first of `addresses` (literals) that answers. Raises OSError.

        Each gets an even share of the time that is left, so that a dead one leaves
        some for the next.
        """
        failure: OSError = OSError("no address")
        for tried, address in enumerate(addresses):
            share = self.left() / (len(addresses) - tried)
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock = WireSocket(family, socket.SOCK_STREAM)
            try:
                for option in options:
                    sock.setsockopt(*option)
                sock.settimeout(share)
                sock.connect((address, port))
                sock.settimeout(self.left())  # for the TLS handshake
            except OSError as error:
                sock.close()
                failure = error
            else:
                sock.wire = self
                self.is_opened = True
                return sock
        raise failure


class WireSocket(socket.socket):
    """A plain socket that keeps to the deadline of its wire."""

    wire: Wire
    _waits_s = math.inf  # how long the kernel lets a read wait

    def recv(self, *args: Any) -> bytes:
        self.settimeout(self.wire.left())
        return super().recv(*args)

    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.wire.left())
        return super().recv_into(*args)

    def sendall(self, data: Any, *args: Any) -> None:
        self.settimeout(self.wire.left())
        self.wire.is_sent = True
        super().sendall(data, *args)

    def send_at_once(self, data: bytes) -> None:
        """Do what `sendall` does, in one system call instead of three where there is room."""
        self.wire.left()
        self.wire.is_sent = True
        try:
            sent = self.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self.sendall(memoryview(data)[sent:])

    def recv_at_once(self, size: int) -> bytes:
        """Do what `recv` does, in one system call instead of two: the kernel keeps the time."""
        if self.gettimeout() is not None:
            self.settimeout(None)
        while not self.wire.is_over:
            self._wait_for(self.wire.ends_at - monotonic())
            with suppress(BlockingIOError):
                return super().recv(size)
        with suppress(BlockingIOError):  # it may have come while the answer to another was read
            return super().recv(size, socket.MSG_DONTWAIT)
        raise TimeoutError("the deadline of the call has passed")

    def _wait_for(self, seconds: float) -> None:
        """Tell the kernel how long a read may wait, unless it knows well enough."""
        if not 0 <= self._waits_s - seconds < SLACK_S:
            self._waits_s = max(seconds, LEAST_WAIT_S)
            whole, rest = divmod(round(self._waits_s * 1_000_000), 1_000_000)
            self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", whole, rest))


class WireTLSSocket(ssl.SSLSocket):
    """The same above TLS. The handshake, before `wire` is set, has one time-out for all of it."""

    wire: Wire

    def recv(self, *args: Any) -> bytes:
        self.settimeout(self.wire.left())
        return super().recv(*args)

    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.wire.left())
        return super().recv_into(*args)

    def send(self, data: Any, *args: Any) -> int:  # sendall calls it piece by piece
        self.settimeout(self.wire.left())
        self.wire.is_sent = True
        return super().send(data, *args)
