"""Where a Line may go: the hosts of one credential, and nothing else."""

import re
from dataclasses import dataclass
from functools import lru_cache

from urllib3.exceptions import HTTPError

# Strict, so that no two parsers can read a URL differently: no userinfo, no fragment, no
# backslash, no space, no control or non-ASCII character.
URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<target>(?:[/?][!-\"$-\[\]-~]*)?)",
    re.IGNORECASE | re.ASCII,
)
DEFAULT_PORTS = {"http": 80, "https": 443}


class Blocked(HTTPError):
    """Our own refusal, before anything was sent. Its text is one sentence for a person.

    Not an OSError: urllib3 and requests would take that for a broken connection.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A URL that may be called, taken apart once."""

    scheme: str
    host: str  # in lower case, an IPv6 literal in brackets
    port: int
    name: str  # as people write it: with the port where that is not the usual one
    target: str  # path and query
    is_known: bool  # whether it may see the key
    is_loopback: bool  # whether it must lead to this machine, or must not


@dataclass(frozen=True, slots=True)
class Route:
    """What one Line may reach.

    `hosts` are exact, "host" or "host:port", over https alone. `loopback` is the exact base
    of a server on this machine, such as "http://127.0.0.1:8010"; only development sets it.
    `is_open` adds every public https host at port 443.
    """

    hosts: frozenset[str] = frozenset()
    loopback: str = ""
    is_open: bool = False

    def find(self, url: str) -> Place:
        """Return the place that `url` names. Raises Blocked when this route does not lead there."""
        return _find(self, url)


@lru_cache(maxsize=4096)
def _find(route: Route, url: str) -> Place:
    found = URL.fullmatch(url)
    if found is None:
        raise Blocked("The address is not a plain https URL without user name and fragment.")
    scheme, host = found["scheme"].lower(), found["host"].lower()
    port = int(found["port"] or DEFAULT_PORTS[scheme])
    name = host if port == DEFAULT_PORTS[scheme] else f"{host}:{port}"
    is_https = scheme == "https"
    is_loopback = bool(route.loopback) and f"{scheme}://{name}" == route.loopback
    is_known = is_loopback or (is_https and name in route.hosts)
    if not (is_known or (route.is_open and is_https and port == DEFAULT_PORTS[scheme])):
        raise Blocked(f"Calls to {scheme}://{name} are not allowed here.")
    return Place(
        scheme=scheme,
        host=host,
        port=port,
        name=name,
        target=found["target"] if found["target"].startswith("/") else f"/{found['target']}",
        is_known=is_known,
        is_loopback=is_loopback,
    )
