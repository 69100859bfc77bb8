"""One record -> Payload | Rejected, as a configuration says. Compiled once, then fast.

Only what FullStory surely refuses is rejected here: a required field that is missing, a value that
cannot be what the field takes. The rest is FullStory's to judge, in its own words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from orjson import dumps, loads

from fsdest.fullstory.endpoints import Kind
from fsdest.payloads import fill, forms, line_keys, macros, markup
from fsdest.payloads.configuration import Batch, Configuration
from fsdest.payloads.fill import Record, UnfitError
from fsdest.payloads.rest import compile_rest
from fsdest.payloads.target import compile_target
from fsdest.records.schema import MISSING, value_at


class Payload(NamedTuple):
    """One record as it will travel. A tuple, because a million are made in seconds.

    `item` is encoded once and never read again: requests are made by joining items.
    """

    offset: int
    order_key: str  # equal keys keep their order; "": there is none to keep
    item: bytes  # in the content format; empty if the call has no body
    target: str  # path and query, or the whole URL of a call entered by hand
    group: str = ""  # only payloads of one target and group travel together


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A record that no request can be made of."""

    offset: int
    code: str  # missing, not_text, too_long, wrong_kind, unsafe_url, too_deep, not_a_record
    reason: str  # a sentence for a person
    field: str = ""


class Renderer:
    """Builds payloads for one configuration. Safe to share between threads."""

    def __init__(self, configuration: Configuration) -> None:
        endpoint = configuration.endpoint
        self._target = compile_target(configuration)
        self.order_key = line_keys.order_key(configuration)
        self._group = _group(configuration.batch)
        self._item = _item(configuration) if endpoint.has_body else None
        is_kept = configuration.batch is not None  # until there are enough for a call
        self._encode = (_KEPT if is_kept else _ENCODERS)[configuration.content_format]
        self._is_verbatim = _is_verbatim(configuration)
        self.stored_target = self._stored_target(configuration)

    def build(self, offset: int, line: bytes) -> Payload | Rejected:
        """Return the payload of a record, stored as a JSON line, or why there is none.

        Equal lines give equal bytes. Never raises.
        """
        try:
            record = loads(line)
            if type(record) is not dict:
                raise ValueError
            target = self._target(record)
            key = self.order_key(record)
            group = self._group(record) if self._group else ""
            if self._item is None:
                item = b""
            else:
                item = line if self._is_verbatim else self._encode(self._item(record))
            return Payload(offset, key, item, target, group)
        except UnfitError as unfit:
            return Rejected(offset=offset, code=unfit.code, reason=unfit.reason, field=unfit.field)
        except (macros.TooDeepError, RecursionError):
            return Rejected(
                offset=offset, code="too_deep", reason="The record is nested too deeply."
            )
        except ValueError:
            return Rejected(
                offset=offset, code="not_a_record", reason="The record is not a JSON object."
            )

    def _stored_target(self, configuration: Configuration) -> str | None:
        """Return where all records go, if they travel together as stored; None otherwise.

        Nothing is asked of such a record: neither its key, nor its group, nor a part of the URL.
        """
        is_alike = self._group is None and line_keys.order_value(configuration) is None
        has_fixed_url = not macros.paths(configuration.endpoint.url)
        is_by_hand = configuration.endpoint.is_manual and has_fixed_url
        is_grouped = configuration.batch is not None and self._item is not None
        if is_alike and is_by_hand and is_grouped and self._is_verbatim:
            return self._target({})
        return None


def _xml(item: Record) -> bytes:
    return markup.element("record", item).encode()


def _form(item: Record) -> bytes:
    return forms.encode(item).encode()


_ENCODERS: dict[str, Callable[[Record], bytes]] = {
    "json": macros.as_json,
    "xml": _xml,
    "form": _form,
}


def _kept_json(item: Record) -> bytes:
    """Return `item` in no more memory than it needs: what orjson returns holds 4 KiB at least."""
    try:
        return bytes(memoryview(dumps(item)))
    except TypeError:  # as in macros.as_json, which is one call more for each of a million
        raise macros.TooDeepError from None


_KEPT = {**_ENCODERS, "json": _kept_json}


def _group(batch: Batch | None) -> Callable[[Record], str] | None:
    if batch is None or batch.algorithm != "by_value":
        return None
    path = batch.setting("attribute")

    def group(record: Record) -> str:
        value = value_at(record, path)
        return "" if value is MISSING or value is None else macros.as_text(value)

    return group


def _is_verbatim(configuration: Configuration) -> bool:
    """Whether a record is its own item, so that its line need not be written again."""
    return (
        configuration.rest == "record"
        and configuration.content_format == "json"
        and not configuration.exclude
        and _added(configuration.batch) is None
    )


def _item(configuration: Configuration) -> Callable[[Record], Record]:
    """Return a function that makes a record, which it may change, into an item."""
    puts = _puts(configuration)
    finish = compile_rest(configuration)
    added = _added(configuration.batch)

    def item(record: Record) -> Record:
        made: Record = {}
        for put in puts:
            put(record, made)
        made = finish(record, made)
        if added:
            made[added[0]] = added[1]
        return made

    return item


def _puts(configuration: Configuration) -> Sequence[fill.Put]:
    filled = dict(configuration.mapping)
    moment = macros.moment_of(configuration.moment)
    puts = (
        fill.putter(field, filled.get(field.path), moment)
        for field in configuration.endpoint.fields
    )
    return [put for put in puts if put is not None]


def _added(batch: Batch | None) -> tuple[str, Any] | None:
    """Return the constant attribute that every record gets, and its value, or None."""
    if batch is None or batch.algorithm != "object_constant":
        return None
    return batch.setting("attribute"), fill.constant_of(batch.setting("value"), Kind.ANY)
