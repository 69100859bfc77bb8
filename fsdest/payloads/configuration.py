"""A configuration: everything that decides which requests a nexset's records become.

It is data, immutable and complete: it holds its own copy of the endpoint, and the moment at which
it was saved, so that the same record always gives the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol, Self

from fsdest.exchange import Headers
from fsdest.fullstory import limits
from fsdest.fullstory.endpoints import Endpoint, Kind
from fsdest.payloads import problems as _problems
from fsdest.payloads.problems import Problem

Algorithm = Literal["object", "array", "object_constant", "by_value", "template"]
Format = Literal["json", "xml", "form"]


class Attribute(Protocol):
    """An attribute of a nexset, as `records.schema` knows it."""

    @property
    def path(self) -> str: ...
    @property
    def kinds(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class Value:
    """What fills a place: an attribute (`text` is its path), a constant, or a text with macros."""

    source: Literal["attribute", "constant", "text"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How records travel together.

    `settings` by algorithm: object: name. object_constant: name, attribute, value. by_value:
    attribute, and name if the records are wrapped. template: template. array: none.
    """

    records: int
    max_bytes: int = limits.BATCH_BYTES
    max_age_s: int = 0  # send what there is when the oldest record has waited so long; 0: no limit
    algorithm: Algorithm = "object"
    settings: tuple[tuple[str, str], ...] = ()

    def setting(self, name: str, default: str = "") -> str:
        """Return one of the algorithm's settings."""
        return next((value for key, value in self.settings if key == name), default)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(**{**raw, "settings": _pairs(raw.get("settings", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Where each part of a request comes from, and how requests are made of several records."""

    endpoint: Endpoint
    mapping: tuple[tuple[str, Value], ...] = ()  # by the path of a field
    parameters: tuple[tuple[str, Value], ...] = ()  # by name
    kinds: tuple[tuple[str, str], ...] = ()  # FullStory's types by the path of a property
    rest: Literal["", "properties", "record"] = ""  # see Endpoint.rest
    exclude: tuple[str, ...] = ()  # paths of attributes left out of the body
    headers: Headers = ()
    content_format: Format = "json"
    batch: Batch | None = None  # None: a call for each record
    echo: bool = False  # each reply becomes a record of a nexset of its own
    moment: str = ""  # ISO 8601: when it was saved. What the time macros show

    @property
    def lanes(self) -> int:
        """Return the number of parallel ways through the records.

        Batches take one: divided over several, they would hold other records than the samples.
        """
        return 1 if self.batch else self.endpoint.lanes

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON values, for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return the configuration that `to_json` described."""
        batch = raw.get("batch")
        nested = {
            "endpoint": Endpoint.from_json(raw["endpoint"]),
            "mapping": _values(raw.get("mapping", ())),
            "parameters": _values(raw.get("parameters", ())),
            "kinds": _pairs(raw.get("kinds", ())),
            "exclude": tuple(raw.get("exclude", ())),
            "headers": _pairs(raw.get("headers", ())),
            "batch": Batch.from_json(batch) if batch else None,
        }
        return cls(**{**raw, **nested})

    def saved_at(self, moment: str) -> Self:
        """Return this configuration as saved at `moment` (ISO 8601)."""
        return replace(self, moment=moment)


def _pairs(raw: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in raw)


def _values(raw: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[tuple[str, Value], ...]:
    return tuple((name, Value(value["source"], value["text"])) for name, value in raw)


def guess(endpoint: Endpoint, attribute_paths: Iterable[str]) -> Configuration:
    """Return the configuration that `endpoint` most likely needs for records so made.

    Each attribute is mapped at most once, to a field of its very path or to one that guesses its
    name. What no field takes goes where the endpoint says.
    """
    free = sorted(attribute_paths, key=lambda path: path.count("."))
    objects = {path.rpartition(".")[0] for path in free}
    mapping = _guessed(
        ((field.path, field.guesses, field.kind is Kind.OBJECT) for field in endpoint.fields),
        free,
        objects,
    )
    names = ((each.name, each.guesses, False) for each in endpoint.parameters)
    return Configuration(
        endpoint=endpoint,
        mapping=mapping,
        parameters=_guessed(names, free, objects),
        rest=endpoint.rest,
        batch=_default_batch(endpoint),
    )


def _guessed(
    places: Iterable[tuple[str, tuple[str, ...], bool]], free: list[str], objects: set[str]
) -> tuple[tuple[str, Value], ...]:
    """Give each place the first attribute that it guesses, and take it out of `free`.

    A place is its path, its guesses, and whether it takes one of the `objects`.
    """
    found = []
    for place, guesses, takes_objects in places:
        fitting = [path for path in free if takes_objects or path not in objects]
        by_name = {_normal(path): path for path in reversed(fitting)}
        same = [place] if place in fitting else []
        named = [by_name[name] for name in guesses if name in by_name]
        for path in [*same, *named][:1]:
            free.remove(path)
            found.append((place, Value("attribute", path)))
    return tuple(found)


def _normal(name: str) -> str:
    return name.lower().translate({ord(c): None for c in "_-. "})


def _default_batch(endpoint: Endpoint) -> Batch | None:
    if endpoint.max_records == 1 or endpoint.is_manual:
        return None
    return Batch(records=endpoint.default_batch, settings=(("name", endpoint.envelope),))


def problems(configuration: Configuration, attributes: Iterable[Attribute]) -> list[Problem]:
    """Return what keeps `configuration` from being saved for records with these attributes.

    A problem's field is `mapping.<path>`, `parameters.<name>`, `url`, `headers`, `format` or
    `batch.<setting>`.
    """
    return list(_problems.find(configuration, attributes))
