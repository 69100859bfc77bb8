"""The guard: the address is checked where the socket opens, then that very address is used.

So nothing can be resolved twice with two results, and the URL, the Host header, the name in
the certificate and the pools stay as they are.
"""

import logging
import socket
import ssl
import threading
from functools import cache, partial
from typing import Any

import certifi
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from fsdest.outbound.addresses import Resolver, is_loopback, is_public
from fsdest.outbound.route import Blocked, Place
from fsdest.outbound.wire import Wire, WireTLSSocket

# It would log the headers that it could not read, and a server may echo the key in them.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


_loading = threading.Lock()


def trust(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies certificates and names, by `ca_file` or certifi's list."""
    with _loading:  # it takes 30 ms, and the threads of a shift would all begin with it
        return _trust(ca_file)


@cache
def _trust(ca_file: str) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_verify_locations(ca_file or certifi.where())
    context.sslsocket_class = WireTLSSocket
    return context


def _check(addresses: list[str], place: Place) -> None:
    """Raise Blocked unless every address is of the kind that `place` must lead to."""
    is_allowed = is_loopback if place.is_loopback else is_public
    if not addresses or not all(is_allowed(address) for address in addresses):
        kind = "this machine" if place.is_loopback else "the public internet"
        raise Blocked(f"{place.name} does not lead to {kind}, so it was not called.")


def _open(connection: HTTPConnection, wire: Wire, resolve: Resolver) -> socket.socket:
    name = wire.place.name
    try:
        addresses = resolve(wire.place.host.strip("[]"), wire.place.port, wire.left())
        _check(addresses, wire.place)
        return wire.open(addresses, wire.place.port, connection.socket_options or ())
    except socket.gaierror as error:
        wire.trouble = f"The name {wire.place.host} could not be resolved."
        raise NewConnectionError(connection, wire.trouble) from error
    except ConnectionRefusedError as error:
        wire.trouble = f"{name} refused the connection."
        raise NewConnectionError(connection, wire.trouble) from error
    except TimeoutError as error:
        wire.trouble = f"{name} did not accept a connection in time."
        raise NewConnectionError(connection, wire.trouble) from error
    except OSError as error:
        wire.trouble = f"No connection to {name}: {(error.strerror or 'no route').lower()}."
        raise NewConnectionError(connection, wire.trouble) from error


class GuardedConnection(HTTPConnection):
    def __init__(self, *args: Any, wire: Wire, resolve: Resolver, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.wire, self.resolve = wire, resolve

    def _new_conn(self) -> socket.socket:
        return _open(self, self.wire, self.resolve)


class GuardedTLSConnection(GuardedConnection, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        assert isinstance(self.sock, WireTLSSocket)  # noqa: S101 - else no deadline would hold
        self.sock.wire = self.wire

    @property
    def is_connected(self) -> bool:
        """Whether it is open and silent, in the TLS layer too, into which the parent cannot see."""
        sock = self.sock
        return super().is_connected and not (isinstance(sock, WireTLSSocket) and sock.pending())


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests for one Line: guarded, without retries, proxies or cookies.

    Where the parent works out pool, path and certificate settings anew for each call, this
    one takes them from the wire: that is half of the cost of a call.
    """

    def __init__(self, wire: Wire, resolve: Resolver, ca_file: str) -> None:
        self._wire, self._resolve, self._ca_file = wire, resolve, ca_file
        self._last: tuple[tuple[str, str, int], HTTPConnectionPool] | None = None
        super().__init__(pool_connections=8, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(self._pool, HTTPConnectionPool, GuardedConnection),
            "https": partial(self._pool, HTTPSConnectionPool, GuardedTLSConnection),
        }

    def _pool(
        self, kind: type[HTTPConnectionPool], connection: Any, *args: Any, **options: Any
    ) -> HTTPConnectionPool:
        if kind is HTTPSConnectionPool:
            options["ssl_context"] = trust(self._ca_file)
        pool = kind(*args, **options)
        guarded: Any = partial(connection, wire=self._wire, resolve=self._resolve)
        pool.ConnectionCls = guarded
        return pool

    def get_connection_with_tls_context(self, *_args: Any, **_options: Any) -> HTTPConnectionPool:
        place = self._wire.place
        key = (place.scheme, place.host, place.port)
        if self._last is None or self._last[0] != key:
            pool = self.poolmanager.connection_from_host(place.host, place.port, place.scheme)
            self._last = (key, pool)
        return self._last[1]

    def begin(self, request: PreparedRequest) -> bool:
        """Do nothing: here `send` does all at once."""
        return False

    def forget_connections(self) -> None:
        """Close what is open, so that the next call starts with a new connection."""
        self._last = None
        self.poolmanager.clear()

    def cert_verify(self, *_args: Any, **_options: Any) -> None:
        """Do nothing: the context of `trust` decides, and nothing may weaken it."""

    def proxy_manager_for(self, *_args: Any, **_options: Any) -> Any:
        raise Blocked("Proxies are not used here.")

    def request_url(self, *_args: Any, **_options: Any) -> str:
        return self._wire.place.target

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        response = Response()
        response.status_code, response.raw, response.request = resp.status, resp, req
        return response
