"""How one place in a request is filled from a record: compiled once, called for each record."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from fsdest.fullstory.endpoints import Field, Kind, Parameter
from fsdest.payloads import macros
from fsdest.payloads.configuration import Value
from fsdest.records.schema import MISSING, value_at

Record = dict[str, Any]
Get = Callable[[Record], Any]  # the value, or MISSING
Put = Callable[[Record, Record], None]  # from a record into an item


class Step(NamedTuple):
    """One field of an item. A text that fits is put there at once; all else takes `otherwise`."""

    name: str  # of the field
    attribute: str | None  # whose text may be put there as it is; None: there is none such
    longest: int  # characters of that text
    otherwise: Put


class UnfitError(Exception):
    """A record that no request can be made of: why, and the place that it would have filled."""

    def __init__(self, code: str, reason: str, field: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.field = field


def getter(value: Value, moment: datetime, kind: Kind = Kind.TEXT) -> Get:
    """Return a function that reads `value` from a record."""
    match value.source:
        case "attribute":
            path = value.text
            if "." not in path:
                return lambda record: record.get(path, MISSING)
            return lambda record: value_at(record, path)
        case "constant":
            constant = constant_of(value.text, kind)
            return lambda record: constant
        case _:
            fill = macros.compiled(value.text, moment)
            return lambda record: fill(record)[0] or MISSING


def constant_of(text: str, kind: Kind) -> Any:
    """Return a typed constant as a place of `kind` takes it; the text itself if it is not such."""
    if kind in {Kind.TEXT, Kind.MOMENT}:
        return text or MISSING
    try:
        return orjson.loads(text)
    except ValueError:
        return text or MISSING


def putter(field: Field, value: Value | None, moment: datetime) -> Put | None:
    """Return a function that fills `field` of an item; None if there is nothing to fill it."""
    if value is None:
        return _always_missing(field) if field.required else None
    get = getter(value, moment, field.kind)
    fit = _fitter(field)
    required, path = field.required, field.path
    *parents, name = path.split(".")

    def put(record: Record, item: Record) -> None:
        found = get(record)
        if found is None or found is MISSING or (required and found == ""):
            if required:
                raise UnfitError("missing", _missing(path, value), path)
            return
        fitting = fit(found)
        if fitting is not MISSING:
            for parent in parents:
                item = item.setdefault(parent, {})
            item[name] = fitting

    return put


def step(field: Field, value: Value | None, moment: datetime) -> Step | None:
    """Return how `field` of an item is filled; None if there is nothing to fill it."""
    otherwise = putter(field, value, moment)
    if otherwise is None:
        return None
    is_text = field.kind in {Kind.TEXT, Kind.MOMENT} and "." not in field.path
    if value and value.source == "attribute" and is_text and "." not in value.text:
        return Step(field.path, value.text, field.max_length or sys.maxsize, otherwise)
    return Step(field.path, None, 0, otherwise)


def parameter(parameter: Parameter, value: Value | None, moment: datetime) -> Get:
    """Return a function that gives the text of `parameter`; it raises UnfitError without one."""
    name, longest = parameter.name, parameter.max_length
    get = getter(value, moment) if value else lambda record: MISSING

    def text(record: Record) -> str:
        found = get(record)
        if found is None or found is MISSING or found == "":
            raise UnfitError("missing", _missing(name, value), name)
        return _as_text(found, name, longest)

    return text


def order_key(value: Value | None, moment: datetime) -> Callable[[Record], str]:
    """Return a function that gives the text by which records keep their order, or ""."""
    if value is None or value.source == "constant":
        constant = value.text if value else ""
        return lambda record: constant
    get = getter(value, moment)
    is_flat = value.source == "attribute" and "." not in value.text
    attribute = value.text if is_flat else ""

    def key(record: Record) -> str:
        found = record.get(attribute) if is_flat else get(record)
        if type(found) is str:
            return found
        if found is None or found is MISSING or isinstance(found, dict | list):
            return ""
        return macros.as_text(found)

    return key


def _always_missing(field: Field) -> Put:
    path = field.path

    def put(record: Record, item: Record) -> None:
        raise UnfitError("missing", _missing(path, None), path)

    return put


def _missing(place: str, value: Value | None) -> str:
    if value is None:
        return f"The record has no {place}: nothing is mapped to it."
    how = "mapped from attribute" if value.source == "attribute" else "made from"
    return f"The record has no {place} ({how} {value.text})."


def _fitter(field: Field) -> Callable[[Any], Any]:
    """Return a function that makes a value fit `field`, or raises UnfitError."""
    path, longest = field.path, field.max_length
    match field.kind:
        case Kind.OBJECT:
            return lambda found: _only(dict, found, path, "an object")
        case Kind.LIST:
            return lambda found: _only(list, found, path, "a list")
        case Kind.ANY:
            return lambda found: found
        case Kind.NUMBER:
            return lambda found: _scalar(found, path, "a number")
        case Kind.BOOLEAN:
            return lambda found: _boolean(found, path)
        case Kind.FLAG:
            return lambda found: True if _boolean(found, path) is True else MISSING
        case _:
            return lambda found: (
                found
                if type(found) is str and (not longest or len(found) <= longest)
                else _as_text(found, path, longest)
            )


def _as_text(found: Any, place: str, longest: int) -> str:
    if isinstance(found, dict | list):
        has = "an object" if isinstance(found, dict) else "a list"
        raise UnfitError("not_text", f"{place} must be text, but the record has {has}.", place)
    text = macros.as_text(found)
    if longest and len(text) > longest:
        sentence = f"{place} has {len(text):,} characters; FullStory takes at most {longest}."
        raise UnfitError("too_long", sentence, place)
    return text


def _only(kind: type, found: Any, place: str, what: str) -> Any:
    if not isinstance(found, kind):
        raise UnfitError(
            "wrong_kind", f"{place} must be {what}, but the record has another.", place
        )
    return found


def _scalar(found: Any, place: str, what: str) -> Any:
    if isinstance(found, dict | list):
        raise UnfitError("wrong_kind", f"{place} must be {what}, but the record has more.", place)
    return found


def _boolean(found: Any, place: str) -> Any:
    """Take the words true and false for what they say; leave the rest to FullStory."""
    if isinstance(found, str) and found.lower() in {"true", "false"}:
        return found.lower() == "true"
    return _scalar(found, place, "true or false")
