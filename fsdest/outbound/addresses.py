"""Which addresses are on the public internet, and what a name resolves to."""

import queue
import socket
import threading
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Resolver = Callable[[str, int, float], list[str]]  # host, port, seconds -> addresses

# The standard library's is_global and is_private differ between Python versions and miss some
# (translated, tunnelled and shared addresses), so the registries are spelt out here.
# Source: https://www.iana.org/assignments/iana-ipv4-special-registry/
FORBIDDEN_V4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a public number, but the host of every Azure machine
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast and reserved
    )
)
# Only this block of IPv6 is handed out; NAT64, unique local, link local and the rest lie outside.
# Source: https://www.iana.org/assignments/iana-ipv6-special-registry/
GLOBAL_V6 = ip_network("2000::/3")
FORBIDDEN_V6 = tuple(
    ip_network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_public(address: str) -> bool:
    """Whether `address` (a literal, not a name) is an ordinary machine on the internet."""
    ip = _plain(address)
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in FORBIDDEN_V4)
    return ip in GLOBAL_V6 and not any(ip in block for block in FORBIDDEN_V6)


def is_loopback(address: str) -> bool:
    """Whether `address` (a literal, not a name) is this machine itself."""
    return _plain(address).is_loopback


def _plain(address: str) -> IPv4Address | IPv6Address:
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        return ip.ipv4_mapped
    return ip


def look_up(host: str, port: int, within_s: float) -> list[str]:
    """Return every address of `host`, in the system's order. Raises OSError.

    The system's resolver has no deadline of its own, so it is asked in a thread that is
    left behind when `within_s` seconds are over (TimeoutError).
    """
    try:
        return [str(ip_address(host))]
    except ValueError:
        answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()
        threading.Thread(target=partial(_ask, host, port, answer), daemon=True).start()
    try:
        found = answer.get(timeout=within_s)
    except queue.Empty:
        raise TimeoutError(f"{host} was not resolved in time") from None
    if isinstance(found, OSError):
        raise found
    return found


def _ask(host: str, port: int, answer: "queue.SimpleQueue[list[str] | OSError]") -> None:
    try:
        # As bytes, because Python would judge a str by the rules for international names.
        infos = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    except OSError as error:
        answer.put(error)
    else:
        answer.put(list(dict.fromkeys(str(info[4][0]) for info in infos)))
