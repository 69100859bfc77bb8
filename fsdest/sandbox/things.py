"""The smaller things FullStory keeps: webhook endpoints, operations, sessions."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any


def endpoint_id(url: str) -> str:
    """Return the id of the endpoint of a url: the url in base64url, without padding."""
    return urlsafe_b64encode(url.encode()).decode().rstrip("=")


@dataclass(slots=True, kw_only=True)
class Endpoint:
    """Where FullStory posts events. Its id is made from its url, so it changes with it."""

    url: str
    event_types: list[dict[str, str]]  # {"eventName": ..., "subcategory"?: ...}
    secret: str
    created: str
    modified: str
    enabled: bool = True

    @property
    def id(self) -> str:
        """The id of its url."""
        return endpoint_id(self.url)


@dataclass(slots=True, kw_only=True)
class Operation:
    """Slow work, done when its time has come."""

    id: str
    type: str
    created: float  # unix seconds
    done: float
    details: dict[str, Any]
    results: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a user; `id` is `DeviceId:SessionId`."""

    id: str
    uid: str
    created: int  # unix seconds


class Sessions:
    """All sessions, oldest first."""

    def __init__(self) -> None:
        self.all: list[Session] = []

    def newest(self, uid: str | None) -> str | None:
        """Return the id of a user's newest session."""
        found = (session.id for session in reversed(self.all) if session.uid == uid)
        return next(found, None) if uid else None
