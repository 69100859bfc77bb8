"""The Template tab: what it shows of an endpoint, and what a configuration it makes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import orjson

from fsdest.delivery.lookup import Looked
from fsdest.fullstory import limits
from fsdest.fullstory.endpoints import Endpoint, Kind
from fsdest.payloads.configuration import Batch, Configuration, Value
from fsdest.records.schema import Attribute
from fsdest.web.typed import Typed, Values, whole_number

MOST_PROPERTIES = 200  # offered a type
Errors = dict[str, str]  # a sentence by field, named as `payloads.problems` names them


@dataclass(slots=True, kw_only=True)
class Row:
    """One line of the mapping: a place in the request, and what fills it."""

    name: str  # of its form fields and its problems: mapping.uid, parameters.id
    path: str
    label: str
    help: str = ""
    kind: str = Kind.TEXT
    lookup: str = ""
    is_required: bool = False
    source: str = "attribute"
    attribute: str = ""
    text: str = ""
    error: str = ""
    is_unknown: bool = False  # no record of the nexset has the attribute
    looked: Looked | None = None  # what a look-up just brought

    @property
    def id(self) -> str:
        """The id of its element in the page."""
        return self.name.replace(".", "-")

    @property
    def is_yes_or_no(self) -> bool:
        return self.kind in {Kind.BOOLEAN, Kind.FLAG}

    @property
    def is_long(self) -> bool:
        return self.kind in {Kind.OBJECT, Kind.LIST}

    @property
    def is_deep(self) -> bool:
        """Whether it is one of many details, shown only on demand."""
        return self.path.count(".") > 1

    @property
    def is_filled(self) -> bool:
        return bool(self.attribute if self.source == "attribute" else self.text)


def rows(endpoint: Endpoint, typed: Typed, errors: Errors) -> list[Row]:
    """Return the lines of the mapping, parameters first, with what was typed and what is wrong."""
    shown = list(_parameter_rows(endpoint)) + list(_field_rows(endpoint))
    for row in shown:
        row.source = typed.get(f"{row.name}.source", "attribute")
        row.attribute = typed.exact(f"{row.name}.attribute")
        row.text = typed.exact(f"{row.name}.text")
        row.error = errors.get(row.name, "")
    return shown


def _parameter_rows(endpoint: Endpoint) -> Iterator[Row]:
    for each in endpoint.parameters:
        yield Row(
            name=f"parameters.{each.name}",
            path=each.name,
            label=each.label,
            help=each.help,
            lookup=each.lookup,
            is_required=True,
        )


def _field_rows(endpoint: Endpoint) -> Iterator[Row]:
    for each in endpoint.fields:
        yield Row(
            name=f"mapping.{each.path}",
            path=each.path,
            label=each.label,
            help=each.help,
            kind=each.kind,
            lookup=each.lookup,
            is_required=each.required,
        )


def properties(
    configuration: Configuration, attributes: Sequence[Attribute], typed: Typed
) -> list[tuple[str, str]]:
    """Return (path, declared type) of the properties that these attributes become."""
    mapped = {value.text for _, value in configuration.mapping if value.source == "attribute"}
    whole = dict(configuration.mapping).get("properties")
    inside = f"{whole.text}." if whole and whole.source == "attribute" else ""
    out = mapped | set(configuration.exclude)
    found = []
    for each in attributes:
        if "object" in each.kinds or each.path in out:
            continue
        if inside and each.path.startswith(inside):
            found.append(each.path.removeprefix(inside))
        elif configuration.rest == "properties":
            found.append(each.path)
    return [(path, typed.get(f"kinds.{path}")) for path in dict.fromkeys(found)][:MOST_PROPERTIES]


def picked(row: Row, choice: str) -> Values:
    """Return what to type into `row` to have `choice` in it; a list gets it as one more element."""
    text = choice
    if row.is_long:
        listed = _listed(row.text) if row.source == "constant" else []
        added = [one for one in _listed(f"[{choice}]") if one not in listed]
        text = json.dumps([*listed, *added])
    return {f"{row.name}.source": ["constant"], f"{row.name}.text": [text]}


def _listed(text: str) -> list[object]:
    try:
        listed = orjson.loads(text)
    except ValueError:
        return []
    return listed if isinstance(listed, list) else []


def read(endpoint: Endpoint, typed: Typed) -> tuple[Configuration, Errors]:
    """Return the configuration that `typed` describes, and what could not be understood."""
    errors: Errors = {}
    places = [(f"mapping.{each.path}", each.path) for each in endpoint.fields]
    named = [(f"parameters.{each.name}", each.name) for each in endpoint.parameters]
    return Configuration(
        endpoint=endpoint,
        mapping=_values(typed, places),
        parameters=_values(typed, named),
        kinds=_kinds(typed),
        rest=endpoint.rest if typed.get("rest", "keep") == "keep" else "",
        exclude=tuple(typed.all("exclude")),
        batch=_batch(endpoint, typed, errors),
        echo=bool(typed.get("echo")),
    ), errors


def write(configuration: Configuration) -> Values:
    """Return what would have to be typed to get `configuration`: the inverse of `read`."""
    values: Values = {
        "rest": ["keep" if configuration.rest == configuration.endpoint.rest else "drop"],
        "exclude": list(configuration.exclude),
        "echo": ["on"] if configuration.echo else [],
    }
    for start, pairs in (
        ("mapping", configuration.mapping),
        ("parameters", configuration.parameters),
    ):
        for place, value in pairs:
            name = f"{start}.{place}"
            shown = "attribute" if value.source == "attribute" else "text"
            values |= {f"{name}.source": [value.source], f"{name}.{shown}": [value.text]}
    values |= {f"kinds.{path}": [kind] for path, kind in configuration.kinds}
    if configuration.batch:
        values["batch.records"] = [str(configuration.batch.records)]
        values["batch.max_bytes"] = [str(configuration.batch.max_bytes)]
        values["batch.max_age_s"] = [str(configuration.batch.max_age_s)]
    return values


def _values(typed: Typed, places: list[tuple[str, str]]) -> tuple[tuple[str, Value], ...]:
    found = ((place, _value(typed, name)) for name, place in places)
    return tuple((place, value) for place, value in found if value is not None)


def _value(typed: Typed, name: str) -> Value | None:
    source = typed.get(f"{name}.source", "attribute")
    if source == "attribute":
        path = typed.exact(f"{name}.attribute")
        return Value("attribute", path) if path.strip() else None
    text = typed.exact(f"{name}.text")
    return Value("constant" if source == "constant" else "text", text) if text else None


def _kinds(typed: Typed) -> tuple[tuple[str, str], ...]:
    return tuple(
        (path, kind) for path, kind in typed.below("kinds.") if kind in limits.PROPERTY_TYPES
    )


def _batch(endpoint: Endpoint, typed: Typed, errors: Errors) -> Batch | None:
    if endpoint.max_records == 1:
        return None
    batch = Batch(records=endpoint.default_batch, settings=(("name", endpoint.envelope),))
    return sized(batch, typed, errors)


def sized(batch: Batch, typed: Typed, errors: Errors) -> Batch:
    """Return `batch` with the sizes that were typed; what is no number goes into `errors`."""
    records = _size(typed, "records", "Batch Size", batch.records, errors)
    max_bytes = _size(typed, "max_bytes", "The largest call", batch.max_bytes, errors)
    max_age_s = _size(typed, "max_age_s", "The longest wait", batch.max_age_s, errors)
    return replace(batch, records=records, max_bytes=max_bytes, max_age_s=max_age_s)


def _size(typed: Typed, name: str, label: str, default: int, errors: Errors) -> int:
    text = typed.get(f"batch.{name}", str(default))
    number = whole_number(text)
    if number is None:
        errors[f"batch.{name}"] = f"{label} is a whole number, not {text[:20]!r}."
        return default
    return number
