"""A user as FullStory shows it: fields, properties, and the types it inferred for them."""

from collections.abc import Iterator
from typing import Any

import orjson

from fsdest.sandbox.people import User
from fsdest.sandbox.rules import Item

_NUMBERS = (int, float)


def describe(user: User, *, with_schema: bool) -> dict[str, Any]:
    """Return what FullStory shows of a user in an import's results."""
    shown: dict[str, Any] = {"id": user.id}
    for field in ("uid", "display_name", "email"):
        if (value := getattr(user, field)) is not None:
            shown[field] = value
    properties = orjson.loads(user.properties) if user.properties else {}
    shown["properties"] = properties
    shown["schema"] = shown["type_conflicts"] = None
    if with_schema:
        declared = orjson.loads(user.schema) if user.schema else {}
        inferred = dict(_infer(properties, ""))
        shown["schema"] = {"properties": inferred | declared}
        conflicts = {
            p: k for p, k in declared.items() if p in inferred and not _fits(inferred[p], k)
        }
        shown["type_conflicts"] = {"properties": conflicts}
    return shown


def _infer(level: Item, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield each dotted path with the type FullStory infers; every number is a real."""
    for name, value in level.items():
        if isinstance(value, dict):
            yield from _infer(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, f"{_kind(value[0]) if value else 'str'}s"
        else:
            yield prefix + name, _kind(value)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "real" if isinstance(value, _NUMBERS) else "str"


def _fits(inferred: str, declared: str) -> bool:
    alike = {"int": "real", "ints": "reals", "date": "str", "dates": "strs"}
    return inferred == alike.get(declared, declared)
