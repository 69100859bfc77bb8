"""A record as a form: `application/x-www-form-urlencoded`."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from fsdest.payloads import macros


def encode(item: dict[str, Any]) -> str:
    """Return `item` as a form: nested names are dotted, lists repeat their name, nulls are empty.

    An object or list within a list is written as JSON.
    """
    return urlencode(list(_pairs(item, "")))


def _pairs(item: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        if isinstance(value, dict):
            yield from _pairs(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield from ((prefix + name, _text(inner)) for inner in value)
        else:
            yield prefix + name, _text(value)


def _text(value: Any) -> str:
    return "" if value is None else macros.as_text(value)
