"""Who calls: an API key tells its own role, so that a test can be anyone.

`na1.standard…`, `na1.architect…` and `na1.admin…` (or `eu1.`) are known; any other key is not. What
follows a slash is the organization, as in FullStory's own keys (`na1.admin.abc/ACME` is of ACME).
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

_KEY = re.compile(r"(?:na1|eu1)\.(standard|architect|admin)[^/\s]*(?:/(\S+))?", re.IGNORECASE)


class Role(IntEnum):
    """FullStory's levels of permission; a higher one may do all that a lower one may.

    Source: https://developer.fullstory.com/server/authentication; the names are those of `GET /me`.
    """

    USER = 1
    ARCHITECT = 2
    ADMIN = 3


_ROLES = {"standard": Role.USER, "architect": Role.ARCHITECT, "admin": Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is known."""

    text: str
    role: Role
    org: str


@lru_cache(maxsize=1024)
def recognise(authorization: bytes | None) -> Key | None:
    """Return the key of an Authorization header, None if it is missing or unknown.

    The header is `Basic <key as issued>`: no base64, no colon.
    """
    scheme, _, text = (authorization or b"").decode("latin-1").partition(" ")
    found = _KEY.fullmatch(text)
    if scheme.lower() != "basic" or not found:
        return None
    return Key(text, _ROLES[found[1].lower()], found[2] or "SANDBOX")
