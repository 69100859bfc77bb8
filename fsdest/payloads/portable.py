"""A destination as a file: YAML that a person reads and another installation takes.

It names its endpoint and its credential and holds neither: the endpoint is that of the catalogue
that reads the file, the key stays where it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import yaml

from fsdest.fullstory import by_hand, catalogue, limits
from fsdest.fullstory.endpoints import Endpoint, Method
from fsdest.payloads import plain_yaml, secrets_in
from fsdest.payloads.configuration import Algorithm, Batch, Configuration, Format, Value
from fsdest.payloads.plain_yaml import UnreadableError
from fsdest.payloads.settings_read import Settings

FORMAT = 1
LONGEST_NAME = 200  # characters of a destination's name

Source = Literal["attribute", "constant", "text"]

_SOURCES: tuple[Source, ...] = get_args(Source)
_SETTINGS = ("name", "attribute", "value", "template")  # of a batch's algorithm
_NOTHING = "none"
_HEAD = "# A destination of fsdest, without secrets. Read it with: manage.py import FILE\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portable:
    """What a file says. `left_out` names the places whose secrets a person has to fill in."""

    name: str
    connector: str
    credential: str  # its name; "": the file names none
    configuration: Configuration
    left_out: tuple[str, ...] = ()


def write(name: str, connector: str, credential: str, configuration: Configuration) -> str:
    """Return the file of a destination. What looks like a secret is left out, and named."""
    safe, left_out = secrets_in.without(configuration)
    document: dict[str, Any] = {
        "fsdest": "destination",
        "format": FORMAT,
        "name": name,
        "connector": connector,
        "credential": credential,
        "endpoint": _endpoint_written(safe.endpoint),
        "parameters": _values_written(safe.parameters),
        "mapping": _values_written(safe.mapping),
        "other_attributes": safe.rest or _NOTHING,
        "property_types": dict(safe.kinds),
        "exclude": list(safe.exclude),
        "headers": dict(safe.headers),
        "content_format": safe.content_format,
        "batch": _batch_written(safe.batch),
        "echo": safe.echo,
        "left_out": list(left_out),
    }
    kept = {key: value for key, value in document.items() if value not in ({}, [], None, "")}
    written = _dump(kept, allow_unicode=True)
    if yaml.safe_load(written) != kept:  # it takes a next-line character for a line's end
        written = _dump(kept, allow_unicode=False)
    return _HEAD + written


def read(raw: bytes) -> Portable:
    """Return the destination that `raw` describes. Raises UnreadableError, and nothing else."""
    given = Settings(plain_yaml.load(raw))
    if given.text("fsdest") != "destination":
        raise UnreadableError("fsdest: this is no file of a destination.")
    if (version := given.whole("format", least=1)) != FORMAT:
        raise UnreadableError(f"format: {version} is not known here; this fsdest reads {FORMAT}.")
    found = Portable(
        name=given.text("name", longest=LONGEST_NAME),
        connector=given.choice("connector", ("fullstory",)),
        credential=given.text("credential", default=""),
        configuration=_configuration(given),
        left_out=tuple(given.texts("left_out")),
    )
    given.refuse_the_rest()
    return found


def _dump(document: dict[str, Any], *, allow_unicode: bool) -> str:
    return yaml.safe_dump(
        document, sort_keys=False, allow_unicode=allow_unicode, default_flow_style=None, width=100
    )


def _configuration(given: Settings) -> Configuration:
    endpoint = _endpoint(given)
    rests: dict[str, Any] = {endpoint.rest or _NOTHING: endpoint.rest, _NOTHING: ""}
    usual = endpoint.rest or _NOTHING
    types = given.pairs("property_types", choices=limits.PROPERTY_TYPES)
    formats: tuple[Format, ...] = get_args(Format)
    return Configuration(
        endpoint=endpoint,
        parameters=_values(given, "parameters"),
        mapping=_values(given, "mapping"),
        rest=rests[given.choice("other_attributes", tuple(rests), default=usual)],
        kinds=types,
        exclude=tuple(given.texts("exclude")),
        headers=given.pairs("headers"),
        content_format=given.choice("content_format", formats, default="json"),
        batch=_batch(given),
        echo=given.yes("echo"),
    )


def _endpoint_written(endpoint: Endpoint) -> str | dict[str, str]:
    if endpoint.is_manual:
        return {"method": endpoint.method, "url": endpoint.url}
    return endpoint.key


def _endpoint(given: Settings) -> Endpoint:
    by_settings = given.inner_or_none("endpoint", or_text=True)
    if by_settings is not None:
        methods: tuple[Method, ...] = by_hand.METHODS
        method = by_settings.choice("method", methods)
        made = by_hand.endpoint(method, by_settings.text("url"))
        by_settings.refuse_the_rest()
        return made
    keys = tuple(each.key for each in catalogue.ENDPOINTS)
    return catalogue.endpoint(given.choice("endpoint", keys))


def _values_written(pairs: Iterable[tuple[str, Value]]) -> dict[str, dict[str, str]]:
    return {place: {value.source: value.text} for place, value in pairs}


def _values(given: Settings, name: str) -> tuple[tuple[str, Value], ...]:
    places = given.inner_or_none(name)
    return tuple(_value(places, place) for place in places.names()) if places else ()


def _value(places: Settings, place: str) -> tuple[str, Value]:
    inner = places.inner_or_none(place)
    named = inner.names() if inner else []
    if inner is None or len(named) != 1 or named[0] not in _SOURCES:
        raise UnreadableError(f"{places.path(place)}: say one of {', '.join(_SOURCES)}.")
    source = inner.choice_of_name(named[0], _SOURCES)
    text = inner.text(source, default="")
    if not text:
        raise UnreadableError(f"{inner.path(source)}: this is empty.")
    return place, Value(source, text)


def _batch_written(batch: Batch | None) -> dict[str, object] | None:
    if batch is None:
        return None
    return {
        "records": batch.records,
        "max_bytes": batch.max_bytes,
        "max_age_s": batch.max_age_s,
        "algorithm": batch.algorithm,
        "settings": dict(batch.settings),
    }


def _batch(given: Settings) -> Batch | None:
    inner = given.inner_or_none("batch")
    if inner is None:
        return None
    algorithms: tuple[Algorithm, ...] = get_args(Algorithm)
    settings: Mapping[str, str] = dict(inner.pairs("settings"))
    for name in settings:
        if name not in _SETTINGS:
            raise UnreadableError(f"batch.settings.{name}: there is no such setting.")
    made = Batch(
        records=inner.whole("records", least=1),
        max_bytes=inner.whole("max_bytes", least=1, default=limits.BATCH_BYTES),
        max_age_s=inner.whole("max_age_s", least=0, default=0),
        algorithm=inner.choice("algorithm", algorithms, default="object"),
        settings=tuple(settings.items()),
    )
    inner.refuse_the_rest()
    return made
