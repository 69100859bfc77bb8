"""What keeps a configuration from working at all, each as one sentence beside its field."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from fsdest.fullstory.endpoints import Endpoint, Field, Kind
from fsdest.payloads import headers, macros
from fsdest.records.json_rows import fault_of

if TYPE_CHECKING:  # these types are made of problems too
    from fsdest.payloads.configuration import Attribute, Batch, Configuration, Value

_IN_JSON = {Kind.OBJECT: dict, Kind.LIST: list}
_NEEDED_SETTINGS = {
    "object": (("name", "The name of the attribute that holds the records"),),
    "array": (),
    "object_constant": (
        ("name", "The name of the attribute that holds the records"),
        ("attribute", "The name of the attribute to add"),
    ),
    "by_value": (("attribute", "The attribute to group by"),),
    "template": (("template", "The template"),),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct: where, and a sentence for a person."""

    field: str
    sentence: str


def find(configuration: "Configuration", attributes: Iterable["Attribute"]) -> Iterator[Problem]:
    """Yield the problems of `configuration`, in the order of its page."""
    known = {attribute.path: set(attribute.kinds) for attribute in attributes}
    endpoint = configuration.endpoint
    filled = dict(configuration.parameters)
    for parameter in endpoint.parameters:
        place = f"parameters.{parameter.name}"
        yield from _unfilled(place, parameter.label, filled.get(parameter.name), known)
    filled = dict(configuration.mapping)
    for field in endpoint.fields:
        yield from _field(field, filled.pop(field.path, None), known)
    for path in filled:
        yield Problem(f"mapping.{path}", f"This endpoint has no field {path}.")
    yield from _url(endpoint)
    for sentence in headers.check(configuration.headers).problems:
        yield Problem("headers", sentence)
    if configuration.batch:
        yield from _batch(configuration, configuration.batch)


def _unfilled(
    place: str, label: str, value: "Value | None", known: dict[str, set[str]]
) -> Iterator[Problem]:
    if value is None or not value.text.strip():
        yield Problem(place, f"{label} is needed: choose an attribute or type a value.")
    else:
        yield from _unknown(place, value, known)


def _unknown(place: str, value: "Value", known: dict[str, set[str]]) -> Iterator[Problem]:
    """The attributes that a value names and no record has; a nexset without records has none."""
    named = [value.text] if value.source == "attribute" else macros.paths(value.text)
    if value.source == "constant" or not known:
        return
    for path in named:
        if path not in known:
            yield Problem(place, f"No record has an attribute {path}.")


def _field(field: Field, value: "Value | None", known: dict[str, set[str]]) -> Iterator[Problem]:
    place = f"mapping.{field.path}"
    if field.required:
        yield from _unfilled(place, field.label, value, known)
    elif value is not None:
        yield from _unknown(place, value, known)
    if value is None:
        return
    if value.source == "attribute":
        kinds = known.get(value.text, set()) - {"null"}
        if kinds and not kinds & _takes(field.kind):
            has = " or ".join(sorted(kinds))
            yield Problem(place, f"{field.label} takes {field.kind}, but {value.text} is {has}.")
    elif field.kind in _IN_JSON and value.text and not _is_json(value.text, _IN_JSON[field.kind]):
        yield Problem(place, f"{field.label} must be JSON, {_article(field.kind)}.")


def _article(kind: Kind) -> str:
    return "an object in braces" if kind is Kind.OBJECT else "a list in brackets"


def _takes(kind: Kind) -> set[str]:
    """Return the kinds of attributes that can fill a field of `kind`."""
    match kind:
        case Kind.OBJECT:
            return {"object"}
        case Kind.LIST:
            return {"list"}
        case Kind.ANY:
            return {"text", "moment", "number", "boolean", "object", "list"}
        case _:
            return {"text", "moment", "number", "boolean"}


def _is_json(text: str, kind: type) -> bool:
    try:
        value = orjson.loads(text)
    except ValueError:
        return False
    return isinstance(value, kind) and not fault_of(text.encode(), value)


def _url(endpoint: Endpoint) -> Iterator[Problem]:
    if not endpoint.is_manual:
        if not endpoint.path:
            yield Problem("url", "Enter the URL that is to be called.")
        return
    try:
        parts = urlsplit(endpoint.url)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in {"http", "https"} or not host:
        yield Problem("url", "The URL must begin with https:// and name a host.")
    elif "{" in parts.netloc:
        yield Problem("url", "The host of the URL cannot come from a record.")
    elif "@" in parts.netloc:
        yield Problem("url", "The URL cannot hold a user or password: the credential does.")
    else:
        yield from _literal(endpoint.url)


def _literal(url: str) -> Iterator[Problem]:
    """Problems of what stands around the macros of a URL."""
    parts = macros.pieces(url, macros.moment_of(""))
    literal = "".join(part for part in parts if isinstance(part, str))
    if "{" in literal or "}" in literal or any(isinstance(p, macros.Messages) for p in parts):
        yield Problem("url", "The braces in the URL are no macro. Write %7B and %7D for braces.")
    elif not literal.isascii() or any(c <= " " or c == "\x7f" for c in literal):
        yield Problem("url", "The URL cannot hold blanks or letters beyond ASCII.")


def _batch(configuration: "Configuration", batch: "Batch") -> Iterator[Problem]:
    most = configuration.endpoint.max_records
    if not configuration.endpoint.has_body:
        yield Problem("batch.records", "Only a call with a body can carry several records.")
    if batch.records < 1:
        yield Problem("batch.records", "A batch holds at least one record.")
    elif batch.records > most:
        yield Problem("batch.records", f"FullStory takes at most {most:,} records in one call.")
    if batch.max_bytes < 1:
        yield Problem("batch.max_bytes", "A batch needs room for at least one byte.")
    if configuration.content_format == "form":
        yield Problem("format", "A form carries one record: choose JSON to send several.")
    for name, label in _NEEDED_SETTINGS[batch.algorithm]:
        if not batch.setting(name).strip():
            yield Problem(f"batch.{name}", f"{label} is needed.")
    if batch.algorithm == "template" and batch.setting("template").strip():
        yield from _template(batch.setting("template"))


def _template(template: str) -> Iterator[Problem]:
    parts = macros.pieces(template, macros.moment_of(""))
    if not any(isinstance(part, macros.Messages) for part in parts):
        yield Problem("batch.template", "The template needs {messages}, where the records go.")
    if any(isinstance(part, macros.Attribute) for part in parts):
        yield Problem("batch.template", "{record...} means one record, and a batch has several.")
    tried = "".join(part if isinstance(part, str) else "[]" for part in parts)
    try:
        json.loads(tried, parse_constant=_refuse)
    except ValueError as error:
        yield Problem("batch.template", f"With the records put in, this is not JSON: {error}.")
    except RecursionError:
        yield Problem("batch.template", "The template is nested too deeply.")


def _refuse(word: str) -> None:
    raise ValueError(f"JSON has no {word}")
