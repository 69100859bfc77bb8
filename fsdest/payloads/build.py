"""One record -> Payload | Rejected, as a configuration says. Compiled once, then fast.

Only what FullStory surely refuses is rejected here: a required field that is missing, a value that
cannot be what the field takes. The rest is FullStory's to judge, in its own words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from orjson import dumps, loads

from fsdest.payloads import forms, line_keys, macros, markup
from fsdest.payloads.configuration import Batch, Configuration
from fsdest.payloads.fill import Record, UnfitError
from fsdest.payloads.item import NULL, compile_item, has_items_apart, is_verbatim
from fsdest.payloads.target import compile_target, fixed_target
from fsdest.records.schema import MISSING, value_at

AT_ONCE = 100  # records that are parsed and written together: they fit into a processor's cache


class Payload(NamedTuple):
    """One record as it will travel. A tuple, because a million are made in seconds.

    `item` is encoded once and never read again: requests are made by joining items.
    """

    offset: int
    order_key: str  # equal keys keep their order; "": there is none to keep
    item: bytes  # in the content format; empty if the call has no body
    target: str  # path and query, or the whole URL of a call entered by hand
    group: str = ""  # only payloads of one target and group travel together


class Part(NamedTuple):
    """Records of one call that were built together: what a payload would hold, in columns.

    A payload for each of a million records costs more than all else that is done with them.
    """

    offsets: Sequence[int]  # ascending, one at least
    order_keys: Sequence[str]
    items: bytes  # JSON, with commas between them


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
        self._item = compile_item(configuration) if endpoint.has_body else None
        is_kept = configuration.batch is not None  # until there are enough for a call
        self._encode = (_KEPT if is_kept else _ENCODERS)[configuration.content_format]
        self._is_verbatim = is_verbatim(configuration)
        common = self._common_target(configuration)
        is_stored = common is not None and self._is_stored(configuration)
        # Where all records go, if they travel as stored, or are built many at a time.
        self.stored_target = common if is_stored else None
        self.joined_target = None if self._is_verbatim else common

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
                item = line if self._is_verbatim else self._encode(self._item(record, NULL in line))
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

    def part(self, offsets: Sequence[int], lines: Sequence[bytes]) -> Part | None:
        """Return what `build` would make of these records; None: one of them is to be rejected.

        Only where there is a `joined_target`.
        """
        order_keys: list[str] = []
        items: list[bytes] = []
        try:
            for first in range(0, len(lines), AT_ONCE):
                some = lines[first : first + AT_ONCE]
                order_keys += self._add(some, items)
        except (UnfitError, ValueError, TypeError, RecursionError):
            return None
        return Part(offsets, order_keys, b",".join(items))

    def _add(self, lines: Sequence[bytes], items: list[bytes]) -> list[str]:
        """Add the items of `lines`, joined, and return their order keys."""
        records = list(map(loads, lines))
        if set(map(type, records)) != {dict} or self._item is None:
            raise ValueError
        order_keys = list(map(self.order_key, records))
        has_nulls, make = NULL in b"".join(lines), self._item
        items.append(dumps([make(record, has_nulls) for record in records])[1:-1])
        return order_keys

    def _common_target(self, configuration: Configuration) -> str | None:
        """Return where all records go in calls of many, as JSON; None: they differ in that."""
        is_grouped = configuration.batch is not None and self._item is not None
        is_alike = self._group is None and has_items_apart(configuration)
        if is_grouped and is_alike and configuration.content_format == "json":
            return fixed_target(configuration)
        return None

    def _is_stored(self, configuration: Configuration) -> bool:
        """Whether nothing is asked of a record: neither its key, nor a part of what is sent."""
        is_asked = line_keys.order_value(configuration) is not None
        return self._is_verbatim and configuration.endpoint.is_manual and not is_asked


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
