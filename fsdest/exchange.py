"""One exchange with another machine: a Request goes out, a Reply or a NoReply comes back.

The first two are not frozen, though nobody changes them: there is one of each for every call, and
to make a frozen one takes three times as long.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True, kw_only=True)
class Request:
    """What is sent, except for Authorization, which `outbound` adds at the last moment."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Reply:
    """An answer, whatever its status. `body` is decompressed and cut at the byte cap."""

    status: int
    headers: Headers
    body: bytes
    elapsed: timedelta
    is_cut: bool = False  # the body was longer than the cap

    def header(self, name: str) -> str:
        """Return the first header called `name` in any case, or an empty string."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return ""


class Silence(StrEnum):
    """Why there is no reply."""

    REFUSED = "refused"  # no connection: nothing was sent
    BLOCKED = "blocked"  # our own guard refused the address: nothing was sent
    TLS = "tls"  # the certificate or the handshake failed: nothing was sent
    TIMEOUT = "timeout"  # the deadline passed: the request may have been carried out
    CUT = "cut"  # the connection broke or the answer was not HTTP: it may have been carried out


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """The absence of an answer. `sentence` tells a person what happened."""

    silence: Silence
    sentence: str
    elapsed: timedelta

    @property
    def is_unknown(self) -> bool:
        """Whether the other side may have carried out the request."""
        return self.silence in {Silence.TIMEOUT, Silence.CUT}
