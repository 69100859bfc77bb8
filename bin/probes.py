"""Questions asked of ports: does it answer, is it free? Each answers within about a second."""

import http.client
import random
import socket
from collections.abc import Callable

HOST = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections: a port found free here
# stays free while its server restarts.
OWN_PORTS = range(20_000, 32_000)

Probe = Callable[[], bool]


def is_free(port: int) -> bool:
    """Tell whether a server of ours could listen on `port`."""
    with socket.socket() as asked, socket.socket() as bound:
        asked.settimeout(0.5)
        if asked.connect_ex((HOST, port)) == 0:
            return False
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port that nobody listens on now."""
    return next(port for port in random.sample(OWN_PORTS, k=len(OWN_PORTS)) if is_free(port))


def http_answers(port: int, path: str) -> Probe:
    """Return a probe that holds once GET `path` is answered with a status below 500."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(HOST, port, timeout=1)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def valkey_answers(port: int, password: str) -> Probe:
    """Return a probe that holds once Valkey has read its file back and takes commands."""
    return lambda: valkey_says(port, password, "PING").startswith("+PONG")


def valkey_says(port: int, password: str, command: str) -> str:
    """Return the reply to `command`, or "" if nobody answers or the password is not its own."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\n{command}\r\n".encode())
            with connection.makefile("r", encoding="utf-8", errors="replace") as replies:
                return replies.readline() if replies.readline().startswith("+OK") else ""
    except OSError:
        return ""
