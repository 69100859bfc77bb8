"""Names that stand twice in one object: JSON leaves open which value counts, so none does here."""

import json
from typing import Any

import orjson

_ESCAPED_COLONS = (b"\\u003a", b"\\u003A")


def are_single(text: bytes, parsed: object) -> bool:
    """Whether it is certain that no object in `text`, which was read as `parsed`, has a name twice.

    Of equal names the last is kept. So if one was lost, its colon was too, and `parsed` written
    again has fewer colons than `text`, unless some colon was escaped there. `parsed` must not be
    deeper than orjson writes (254 levels).
    """
    if any(escaped in text for escaped in _ESCAPED_COLONS):
        return False
    return text.count(b":") == orjson.dumps(parsed).count(b":")


def first_double(text: bytes | str) -> str | None:
    """Return the first name that stands twice in one object of `text`, which is JSON; or None."""
    try:
        json.loads(text, object_pairs_hook=_once, parse_int=str)
    except _DoubleError as double:
        return str(double)
    return None


class _DoubleError(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DoubleError(next(name for name in names if names.count(name) > 1))
    return found
