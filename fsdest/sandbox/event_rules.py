"""What FullStory accepts as an event.

Source: https://developer.fullstory.com/server/events/introduction (identification), the reference
of Create Events, and the Swagger file of the official SDK (contexts, batches).
"""

from datetime import datetime
from typing import Any

from fsdest.sandbox.rules import MAX_UID, Broken, Item, check_properties, check_schema
from fsdest.sandbox.settings import Settings

NO_NAME = "events must have a non-empty name"
SHARED_CONTEXT = "event context must not be set when shared context is set"
FULL_SESSION = "The session has reached its page limit"
_CONTEXTS = frozenset(("browser", "mobile", "device", "location"))
_FIELDS = frozenset(("name", "timestamp", "user", "session", "context", "properties", "schema"))


def check_event(item: Item, settings: Settings) -> None:
    """Raise Broken unless `item` is an event."""
    if not isinstance(item.get("name"), str) or not item["name"]:
        raise Broken(NO_NAME)
    if settings.unknown_fields == "reject" and (unknown := item.keys() - _FIELDS):
        raise Broken(f"unknown field {min(unknown)}")
    if item.get("timestamp") is not None:
        _check_timestamp(item["timestamp"])
    _check_identification(_object(item, "user"), _object(item, "session"))
    check_context(_object(item, "context"))
    check_properties(item.get("properties"), settings)
    if item.get("schema") is not None:
        check_schema(item["schema"])


def check_context(context: Item) -> None:
    """Raise Broken for a group that is not one of the four."""
    for group, value in context.items():
        if group not in _CONTEXTS:
            raise Broken(f"unknown context {group!r}")
        if not isinstance(value, dict):
            raise Broken(f"context.{group} must be an object")


def _object(item: Item, field: str) -> Item:
    value = item.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Broken(f"{field} must be an object")
    return value


def _check_timestamp(value: Any) -> None:
    if isinstance(value, str) and "T" in value:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    raise Broken("timestamp must be an ISO 8601 time")


def _check_identification(user: Item, session: Item) -> None:
    """Exactly one form of identification, or none at all."""
    for name, value in (("user.uid", user.get("uid")), ("session.uid", session.get("uid"))):
        if value is not None and (not isinstance(value, str) or len(value) > MAX_UID):
            raise Broken(f"{name} must be a string of at most {MAX_UID} characters")
    has_user = bool(user.get("uid") or user.get("id"))
    recent = session.get("use_most_recent") is True
    if user.get("uid") and user.get("id"):
        raise Broken("only one of user.uid and user.id can be set")
    if session.get("id") and session.get("uid"):
        raise Broken("only one of session.id and session.uid can be set")
    if (session.get("id") or session.get("uid")) and (has_user or recent):
        raise Broken("only one form of identification can be set")
    if recent and not has_user:
        raise Broken("use_most_recent requires user.uid or user.id")
