"""Macros: `{record.path}` and times in texts and URLs. Our own substitution, no code, one pass.

What a macro puts in is never looked at again, so a record cannot smuggle in a macro. Braces that
are no macro stay as they are. Times come from the moment at which a configuration was saved, not
from the clock: a retry must give the same bytes.

    {record.plan.name}   an attribute            {YYYY} {MM} {DD} {HH} {mm} {ss}   parts of the time
    {now}                2026-11-24T11:20:00Z    {now-5d} {now+2h}                 s, m, h or d
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson

from fsdest.records.schema import MISSING, value_at

PARTS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
MESSAGES = "messages"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MACRO = re.compile(
    r"\{(?:record\.(?P<path>[^{}]+)"
    r"|(?P<now>now)(?:(?P<sign>[+-])(?P<number>[0-9]{1,5})(?P<unit>[smhd]?))?"
    rf"|(?P<part>{'|'.join(PARTS)})"
    r"|(?P<messages>messages))\}"
)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Attribute:
    """The place of an attribute in a text."""

    path: str


@dataclass(frozen=True, slots=True)
class Messages:
    """The place of a batch's records in a template."""


class TooDeepError(ValueError):
    """A record is nested so deeply that it cannot be written as JSON."""


Piece = str | Attribute | Messages


def moment_of(iso: str) -> datetime:
    """Return the moment that a configuration keeps; 1970 if it was never saved."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return _NEVER
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def pieces(text: str, moment: datetime) -> tuple[Piece, ...]:
    """Take `text` apart, with times already put in."""
    found: list[Piece] = []
    end = 0
    for macro in _MACRO.finditer(text):
        if macro.start() > end:
            found.append(text[end : macro.start()])
        found.append(_piece(macro, moment))
        end = macro.end()
    if end < len(text):
        found.append(text[end:])
    return tuple(found)


def paths(text: str) -> list[str]:
    """Return the attributes that `text` names, in order."""
    return [path for macro in _MACRO.finditer(text) if (path := macro["path"])]


def compiled(
    text: str, moment: datetime, *, encode: Callable[[str], str] = str
) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    """Return a function of a record: the text, and the path of the first attribute it lacks.

    An attribute that is missing or null leaves nothing behind. `encode` is applied to each value
    put in, never to the text around it.
    """
    parts = pieces(text, moment)

    def fill(record: Mapping[str, Any]) -> tuple[str, str]:
        filled: list[str] = []
        missing = ""
        for part in parts:
            if isinstance(part, str):
                filled.append(part)
            elif isinstance(part, Attribute):
                value = value_at(record, part.path)  # type: ignore[arg-type]
                if value is None or value is MISSING or value == "":
                    missing = missing or part.path
                else:
                    filled.append(encode(as_text(value)))
        return "".join(filled), missing

    return fill


def in_url(text: str) -> str:
    """Percent-encode `text` so that it stays within one part of a path or query."""
    return quote(text, safe="")


def as_text(value: Any) -> str:
    """Return a value of a record as text: what JSON writes, a text without its quotes."""
    if isinstance(value, str):
        return value
    return as_json(value).decode()


def as_json(value: Any) -> bytes:
    """Return a value of a record as compact JSON. Raises TooDeepError beyond 254 levels."""
    try:
        return orjson.dumps(value)
    except TypeError:  # all else that JSON could not hold was never in a record
        raise TooDeepError from None


def _piece(macro: re.Match[str], moment: datetime) -> Piece:
    if path := macro["path"]:
        return Attribute(path)
    if macro["messages"]:
        return Messages()
    if part := macro["part"]:
        return moment.strftime(PARTS[part])
    span = timedelta(**{_UNITS[macro["unit"] or "d"]: int(macro["number"] or 0)})
    moved = moment - span if macro["sign"] == "-" else moment + span
    return moved.strftime("%Y-%m-%dT%H:%M:%SZ")
