"""What differs between two configurations, in the words of their page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fsdest.payloads.configuration import Batch, Configuration, Value

ABSENT = "Not set"
NOT_SENT = "Not sent"

Held = TypeVar("Held")

_REST = {"": "Left out", "properties": "Sent as properties", "record": "The record is the body"}
_FORMATS = {"json": "JSON", "xml": "XML", "form": "Form"}
_ALGORITHMS = {
    "object": "Object with the records in an attribute",
    "array": "Array of records",
    "object_constant": "Object, with a constant added to each record",
    "by_value": "One call for each value of an attribute",
    "template": "JSON template",
}
_SETTINGS = {
    "name": "Attribute that holds the records",
    "attribute": "Attribute of the grouping",
    "value": "Value of the added attribute",
    "template": "Template",
}
_SOURCES = {"attribute": "Attribute", "constant": "Constant", "text": "Text"}


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs: what it is called, and what it was and is, as people read it."""

    setting: str
    before: str
    after: str


def diff(before: Configuration, after: Configuration) -> list[Change]:
    """Return what a person would have to change to turn `before` into `after`, in page order.

    The moment of saving is no setting: configurations that differ in it alone differ in nothing.
    """
    return [change for change in _changes(before, after) if change.before != change.after]


def _changes(before: Configuration, after: Configuration) -> Iterator[Change]:
    yield from _endpoint(before, after)
    parameters = _parameter_labels(before) | _parameter_labels(after)
    yield from _pairs(dict(before.parameters), dict(after.parameters), _value, parameters, NOT_SENT)
    fields = _field_labels(before) | _field_labels(after)
    yield from _pairs(dict(before.mapping), dict(after.mapping), _value, fields, NOT_SENT)
    yield Change("Other attributes", _REST[before.rest], _REST[after.rest])
    types = {path: f"Type of {path}" for path, _ in (*before.kinds, *after.kinds)}
    yield from _pairs(dict(before.kinds), dict(after.kinds), str, types, "Left to FullStory")
    yield Change("Exclude Attributes", _list(before.exclude), _list(after.exclude))
    names = {name: f"Header {name}" for name, _ in (*before.headers, *after.headers)}
    yield from _pairs(dict(before.headers), dict(after.headers), str, names, NOT_SENT)
    formats = _FORMATS[before.content_format], _FORMATS[after.content_format]
    yield Change("Content Format", *formats)
    yield from _batch(before.batch, after.batch)
    yield Change("Replies become a nexset", _yes(before.echo), _yes(after.echo))


def _endpoint(before: Configuration, after: Configuration) -> Iterator[Change]:
    was, now = before.endpoint, after.endpoint
    yield Change("Endpoint", was.title, now.title)
    yield Change("Method", was.method, now.method)
    yield Change("URL", was.url or was.path, now.url or now.path)
    is_same = (was.key, was.method, was.url, was.path) == (now.key, now.method, now.url, now.path)
    if is_same and was != now:  # the catalogue has learned since
        yield Change("Description of the endpoint", "As of then", "As of now")


def _parameter_labels(configuration: Configuration) -> dict[str, str]:
    return {each.name: each.label for each in configuration.endpoint.parameters}


def _field_labels(configuration: Configuration) -> dict[str, str]:
    """Return the labels of the fields, with the path where the label does not tell it."""
    fields = configuration.endpoint.fields
    return {
        each.path: each.label
        if each.label.lower().replace(" ", "_") == each.path
        else f"{each.label} ({each.path})"
        for each in fields
    }


def _pairs(
    before: Mapping[str, Held],
    after: Mapping[str, Held],
    words: Callable[[Held], str],
    labels: Mapping[str, str],
    absent: str,
) -> Iterator[Change]:
    """Compare name by name, in the order in which the names first appear."""
    for name in dict.fromkeys((*before, *after)):
        was = words(before[name]) if name in before else absent
        now = words(after[name]) if name in after else absent
        yield Change(labels.get(name, name), was, now)


def _value(value: Value) -> str:
    return f"{_SOURCES[value.source]} {value.text}"


def _batch(before: Batch | None, after: Batch | None) -> Iterator[Change]:
    was, now = _batch_words(before), _batch_words(after)
    for name in dict.fromkeys((*was, *now)):
        yield Change(name, was.get(name, ABSENT), now.get(name, ABSENT))


def _batch_words(batch: Batch | None) -> dict[str, str]:
    if batch is None:
        return {"Record Batching": "One call for each record"}
    age = f"{batch.max_age_s:,} s" if batch.max_age_s else "No limit"
    return {
        "Record Batching": "Several records in a call",
        "Batch Size": f"{batch.records:,} records",
        "Largest call": f"{batch.max_bytes:,} bytes",
        "Oldest record waits": age,
        "Grouping Algorithm": _ALGORITHMS[batch.algorithm],
        **{_SETTINGS.get(name, name): text for name, text in batch.settings if text},
    }


def _list(paths: tuple[str, ...]) -> str:
    return ", ".join(sorted(paths)) or "None"


def _yes(answer: bool) -> str:
    return "Yes" if answer else "No"
