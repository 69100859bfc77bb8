"""What an endpoint is: frozen data without code, so that a configuration can keep its own copy.

Adding an endpoint means adding data to the catalogue. If one seems to need an
`if endpoint.key == ...` anywhere, these types lack a field.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal, Self

Method = Literal["POST", "PUT", "PATCH", "DELETE", "GET"]


class WhenUnknown(StrEnum):
    """What becomes of a call of which no answer tells whether it was carried out."""

    SAME_KEY = "same key"  # sent again: FullStory knows the key, and does it once
    SAME_EFFECT = "same effect"  # sent again: twice does the same as once
    GONE = "gone"  # sent again: what cannot be found any more was deleted
    ASK = "ask"  # set aside for a person to decide

    @property
    def sentence(self) -> str:
        """What becomes of a record whose answer is missing, for a person."""
        return f"A record whose answer is missing is {_WHEN_UNKNOWN[self]}."


_WHEN_UNKNOWN = {
    WhenUnknown.SAME_KEY: "sent again under the same idempotency key, which cannot do it twice",
    WhenUnknown.SAME_EFFECT: "sent again, because doing it twice does the same",
    WhenUnknown.GONE: "sent again; if FullStory cannot find it any more, the first call did it",
    WhenUnknown.ASK: "set aside for you to decide, because sending it again could do it twice",
}


class Kind(StrEnum):
    """What a place in the request holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    FLAG = "flag"  # true, or left out: FullStory has been seen to take false for true
    MOMENT = "moment"  # ISO 8601
    OBJECT = "object"
    LIST = "list"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A place in the request body that an endpoint knows.

    `guesses` are attribute names mapped to it by default, in lower case and without
    spaces, dots, hyphens and underscores; the first one that a record has wins.
    """

    path: str  # dotted
    label: str
    kind: Kind = Kind.TEXT
    required: bool = False
    max_length: int = 0  # characters; 0: no limit known
    help: str = ""
    lookup: Literal["", "event_types"] = ""  # where the interface can look for values
    guesses: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(**{**raw, "kind": Kind(raw["kind"]), "guesses": tuple(raw["guesses"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that an endpoint takes in its URL. All of them are required."""

    name: str
    label: str
    place: Literal["path", "query"]
    help: str = ""
    lookup: Literal["", "webhooks"] = ""  # where the interface can look for values
    max_length: int = 0
    guesses: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(**{**raw, "guesses": tuple(raw["guesses"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that can be asked of FullStory, or of an address entered by hand."""

    key: str
    title: str
    method: Method
    path: str  # with {parameter} for those in the path
    url: str = ""  # entered by hand: the whole URL, with macros, instead of `path`
    parameters: tuple[Parameter, ...] = ()
    fields: tuple[Field, ...] = ()
    # What becomes of attributes that no field takes: dropped, into properties, or (by hand) the
    # record itself is the body.
    rest: Literal["", "properties", "record"] = ""
    envelope: Literal["", "requests"] = ""  # the attribute that holds the records of a batch
    max_records: int = 1  # in one call
    default_batch: int = 1
    follow: Literal["", "users", "events"] = ""  # the family of import jobs that a call starts
    is_idempotent: bool = False  # it takes an Idempotency-Key
    has_same_effect_twice: bool = False  # as once, also without an Idempotency-Key
    may_reply_empty: bool = False  # what it answers is not documented: no body is a success too
    order_by: str = ""  # the field or parameter whose equal values keep their order
    needs: Literal["standard", "architect"] = "standard"  # the least level of the API key
    is_irreversible: bool = False
    lanes: int = 4  # parallel ways through the records, by default
    explanation: str = ""
    warnings: tuple[str, ...] = ()
    doc: str = ""  # FullStory's page

    @property
    def has_body(self) -> bool:
        return self.method in {"POST", "PUT", "PATCH"}

    @property
    def is_manual(self) -> bool:
        return bool(self.url)

    @property
    def when_unknown(self) -> WhenUnknown:
        """What to do where no answer tells whether a call was carried out.

        Source for the methods: RFC 9110, 9.2.2 (idempotent methods).
        """
        if self.is_idempotent:
            return WhenUnknown.SAME_KEY
        if self.method == "DELETE":
            return WhenUnknown.GONE
        if self.has_same_effect_twice or self.method in {"GET", "PUT"}:
            return WhenUnknown.SAME_EFFECT
        return WhenUnknown.ASK

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON values, for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return the endpoint that `to_json` described. Fields added since take their default."""
        nested = {
            "parameters": tuple(Parameter.from_json(each) for each in raw["parameters"]),
            "fields": tuple(Field.from_json(each) for each in raw["fields"]),
            "warnings": tuple(raw["warnings"]),
        }
        return cls(**{**raw, **nested})
