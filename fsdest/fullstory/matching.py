"""Which record an import job's error is about.

FullStory gives no index: it repeats the record, perhaps normalised, and in no promised order. So
errors find their records by content, in three rounds from strict to loose.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

Item = dict[str, Any]
Sent = tuple[int, Item]  # offset, the item as it was sent


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why FullStory did not import one record; `item` is the record as it repeats it."""

    code: str
    message: str
    item: Item
    index: int | None = None  # its place in the call, where the answer tells

    @property
    def key(self) -> str:
        """Return the uid of the user that the record is about, or an empty text."""
        user = self.item.get("user")
        uid = user.get("uid") if isinstance(user, dict) else self.item.get("uid")
        return uid if isinstance(uid, str) else ""


@dataclass(slots=True)
class Matched:
    """The errors by the offset of their record, and those that fit none."""

    by_offset: dict[int, ItemError] = field(default_factory=dict)
    unmatched: list[ItemError] = field(default_factory=list)


def match_errors(sent: Sequence[Sent], errors: Sequence[ItemError]) -> Matched:
    """Find the record of each error among those `sent` with the job.

    First by the whole content, then without what FullStory may add or drop, then by what names
    the record: uid or id of a user; name, user and time of an event. Each record is blamed at
    most once; equal ones in the order in which they were sent.
    """
    matched = Matched(unmatched=list(errors))
    for likeness in (_whole, _essence, _identity):
        if matched.unmatched:
            _round(sent, matched, likeness)
    return matched


def _round(sent: Sequence[Sent], matched: Matched, likeness: Callable[[Item], Hashable]) -> None:
    wanted = {like for error in matched.unmatched if (like := likeness(error.item))}
    offsets: dict[Hashable, deque[int]] = {}
    for offset, item in sent:
        if offset not in matched.by_offset and (like := likeness(item)) in wanted:
            offsets.setdefault(like, deque()).append(offset)
    left = []
    for error in matched.unmatched:
        fitting = offsets.get(likeness(error.item))
        if fitting:
            matched.by_offset[fitting.popleft()] = error
        else:
            left.append(error)
    matched.unmatched = left


def _whole(item: Item) -> Hashable:
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested more deeply than what we send: an echo we cannot compare
        return None


def _essence(item: Item) -> Hashable:
    """The content without empty parts and without the declared types; numbers by value."""
    try:
        return _whole(_full({**item, "schema": None}))
    except RecursionError:
        return None


def _full(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {name: _full(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if each not in (None, "", {}, [])}
    if isinstance(value, list):
        return [_full(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) < 2**53 else value
    return value


def _identity(item: Item) -> Hashable:
    """What names the record; None where nothing does."""
    user, session = item.get("user"), item.get("session")
    if "name" in item or isinstance(user, dict) or isinstance(session, dict):
        who = _names(user) or _names(session)
        return ("event", item.get("name"), who, item.get("timestamp")) if who else None
    who = _names(item)
    return ("user", who) if who else None


def _names(thing: Any) -> Hashable:
    """Return the uid, the id or the e-mail address of a user or session."""
    if not isinstance(thing, dict):
        return None
    for name in ("uid", "id", "email", "display_name"):
        if isinstance(thing.get(name), str) and thing[name]:
            return name, thing[name]
    return None
