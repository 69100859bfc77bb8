"""What FullStory accepts as a user, a property, a schema; nothing is stored here.

Source: https://developer.fullstory.com/server/v2/custom-properties and the Swagger file of the
official SDK. Where they are silent, `settings.py` decides.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from fsdest.sandbox.settings import Settings

Item = dict[str, Any]

MAX_UID = 256  # characters
MAX_DISPLAY_NAME = 256
MAX_EMAIL = 128
MAX_PATH = 512  # of a property's name, and of its dotted path
MAX_PROPERTIES = 500
MAX_VALUE_BYTES = 8192
UNKNOWN_ID = "User with that ID does not exist"
EMPTY_UID = "The provided uid parameter can not be empty"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TYPES = frozenset(
    "bool bools date dates int ints real reals str strs".split()  # noqa: SIM905 - reads better
)
_USER_FIELDS = frozenset(("id", "uid", "display_name", "email", "properties", "schema"))
_good_names: set[str] = set()
_MOST_GOOD_NAMES = 20_000  # a bound, so that a test of random names does not fill the memory


@dataclass(slots=True)
class Broken(Exception):
    """An input breaks a rule; `message` is for the caller."""

    message: str


def check_user(item: Item, settings: Settings) -> None:
    """Raise Broken unless `item` may be stored; drop values that FullStory would drop."""
    _check_text(item, "uid", MAX_UID)
    if item.get("uid") == "":
        raise Broken(EMPTY_UID)
    _check_text(item, "display_name", MAX_DISPLAY_NAME)
    _check_text(item, "email", MAX_EMAIL)
    if settings.unknown_fields == "reject" and (unknown := item.keys() - _USER_FIELDS):
        raise Broken(f"unknown field {min(unknown)}")
    if "properties" in item:
        check_properties(item["properties"], settings)
    if item.get("schema") is not None:
        check_schema(item["schema"])


def _check_text(item: Item, field: str, longest: int) -> None:
    value = item.get(field)
    if value is None:
        return
    if not isinstance(value, str):
        raise Broken(f"{field} must be a string")
    if len(value) > longest:
        raise Broken(f"{field} must not exceed {longest} characters")


def check_properties(properties: Any, settings: Settings) -> None:
    """Raise Broken for a bad name, type or count; treat values that are too big as settings say."""
    if properties is None:
        return
    if not isinstance(properties, dict):
        raise Broken("properties must be an object")
    if _check_level(properties, "", settings) > MAX_PROPERTIES:
        raise Broken(f"properties must not exceed {MAX_PROPERTIES} unique properties")


def _check_level(level: Item, prefix: str, settings: Settings) -> int:
    """Check one object of properties; return how many values it holds, with those below."""
    count = 0
    too_big: list[str] = []
    for name, value in level.items():
        if name not in _good_names:
            _check_name(name)
        if prefix and len(prefix) + len(name) > MAX_PATH:
            raise Broken(f"property path {prefix}{name} must not exceed {MAX_PATH} characters")
        if isinstance(value, dict):
            count += _check_level(value, f"{prefix}{name}.", settings)
            continue
        count += 1
        if isinstance(value, list):
            _check_list(name, value)
        if _is_too_big(value):
            too_big.append(name)
    _treat_too_big(level, too_big, settings)
    return count


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > MAX_PATH:
        shown = name if len(name) <= 80 else f"{name[:80]}..."
        raise Broken(f"property name {shown!r} is invalid")
    if len(_good_names) < _MOST_GOOD_NAMES:
        _good_names.add(name)


def _check_list(name: str, values: list[Any]) -> None:
    for value in values:
        if isinstance(value, dict | list):
            raise Broken(f"property {name!r}: arrays of objects are not supported")


def _is_too_big(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) * 4 > MAX_VALUE_BYTES and len(value.encode()) > MAX_VALUE_BYTES
    return isinstance(value, list) and bool(value) and len(orjson.dumps(value)) > MAX_VALUE_BYTES


def _treat_too_big(level: Item, names: list[str], settings: Settings) -> None:
    if names and settings.big_values == "reject":
        raise Broken(f"property {names[0]!r} must not exceed {MAX_VALUE_BYTES} bytes")
    for name in names:
        del level[name]


def check_schema(schema: Any) -> None:
    """Raise Broken unless `schema` is `{"properties": {"dotted.path": "type"}}`."""
    if not isinstance(schema, dict):
        raise Broken("schema must be an object")
    declared = schema.get("properties") or {}
    if not isinstance(declared, dict):
        raise Broken("schema.properties must be an object")
    for path, kind in declared.items():
        if not isinstance(kind, str) or kind not in _TYPES:
            raise Broken(f"schema type {kind!r} of {path!r} is unknown")
