"""What is to go wrong, and when: faults as data, and which call each one meets."""

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from fsdest.sandbox.calls import Call


class Kind(StrEnum):
    """What a fault does to a call."""

    STATUS = "status"  # answer `status`, `headers`, `body` instead of working
    DELAY = "delay"  # work after `delay_s`
    DELAY_REPLY = "delay_reply"  # work at once, answer after `delay_s`
    DRIP = "drip"  # the reply in pieces of `piece_bytes`, `delay_s` apart
    CUT_BEFORE = "cut_before"  # close the connection before the work
    CUT_AFTER = "cut_after"  # work, then close the connection without a reply
    CUT_MIDWAY = "cut_midway"  # close it in the middle of the reply's body
    TRUNCATE = "truncate"  # a complete reply whose JSON ends half way
    HTML = "html"  # 200 with a page for people
    CONTENT_TYPE = "content_type"  # the right body under `content_type`
    OVERSIZE = "oversize"  # a body of `size_bytes`
    GZIP_BOMB = "gzip_bomb"  # a small body that unpacks to `size_bytes`
    REFUSE = "refuse"  # close the connection; the port is closed for `for_s` seconds
    BARRIER = "barrier"  # hold the call before its work until it is released
    BARRIER_REPLY = "barrier_reply"  # hold it after its work


class BadFaultError(ValueError):
    """A fault that can not be played; the message says why."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault: what to do, and which calls to do it to. All limits must hold at once."""

    kind: Kind

    # Which calls
    route: str = "*"  # a pattern of "METHOD /path", e.g. "POST /v2/users*"
    key: str = "*"  # a pattern of the API key
    idempotency_key: str = "*"  # a pattern of the header; "*" also holds without one
    contains: str = ""  # text in the body, e.g. a uid
    nth: int = 0  # only the n-th of the calls that the limits above let through, from 1
    every: int = 0  # only each n-th of them
    times: int = 0  # at most so many of them; 0: all
    share: float = 1.0  # this part of them, at random
    after_s: float = 0.0  # not before so many seconds from when it was added
    for_s: float = 0.0  # not later than so many seconds after that; 0: for ever

    # What to do
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None  # text as it is, anything else as JSON; None: FullStory's body for the status
    delay_s: float = 1.0
    piece_bytes: int = 1
    content_type: str = "text/plain"
    size_bytes: int = 64 * 1024 * 1024
    saved: bool = True  # a faulted reply is kept under its Idempotency-Key as FullStory would

    # What came of it
    id: int = 0
    met: int = 0  # calls the limits let through
    played: int = 0
    added: float = field(default_factory=time.monotonic)
    seed: int = 0  # the same seed, the same share


_GIVEN = {item.name for item in fields(Fault)} - {"id", "met", "played", "added"}


def parse(given: Any) -> Fault:
    """Return the fault that a JSON object describes. Raises BadFaultError with a sentence."""
    if not isinstance(given, dict) or "kind" not in given:
        raise BadFaultError("A fault is an object with a kind.")
    if unknown := given.keys() - _GIVEN:
        raise BadFaultError(f"A fault has no {min(unknown)}.")
    if given["kind"] not in set(Kind):
        raise BadFaultError(f"kind is one of {', '.join(Kind)}.")
    kinds = {item.name: type(getattr(Fault(kind=Kind.STATUS), item.name)) for item in fields(Fault)}
    for name, value in given.items():
        kind = (int, float) if kinds[name] is float else kinds[name]
        if name not in {"kind", "body"} and not isinstance(value, kind):
            raise BadFaultError(f"{name} is of type {kinds[name].__name__}.")
    fault = Fault(**given | {"kind": Kind(given["kind"])})
    if fault.kind is Kind.REFUSE:
        if fault.for_s <= 0:
            raise BadFaultError("refuse needs for_s: the port is opened again after it.")
        fault.times = fault.times or 1  # else the first call after that would close it again
    return fault


def describe(fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON, with how often it was played."""
    shown = asdict(fault)
    del shown["added"]
    return shown


class Faults:
    """The faults now in force. The first that meets a call is played; no other counts it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.all: dict[int, Fault] = {}
        self._clock = clock
        self._last_id = 0
        self._chances: dict[int, random.Random] = {}

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        self._last_id += 1
        fault.id = self._last_id
        fault.added = self._clock()
        self._chances[fault.id] = random.Random(fault.seed or None)  # noqa: S311 - a chance
        self.all[fault.id] = fault
        return fault

    def remove(self, id: int | None = None) -> None:
        """Take one fault out of force, or all."""
        for each in [id] if id is not None else list(self.all):
            self.all.pop(each, None)
            self._chances.pop(each, None)

    def meet(self, call: Call, *, key: str) -> Fault | None:
        """Return the fault to play on a call made with the API key `key`, and count it."""
        for fault in self.all.values():
            if self._is_now(fault) and _concerns(fault, call, key) and self._is_due(fault):
                fault.played += 1
                return fault
        return None

    def _is_now(self, fault: Fault) -> bool:
        age = self._clock() - fault.added - fault.after_s
        return age >= 0 and (not fault.for_s or fault.kind is Kind.REFUSE or age < fault.for_s)

    def _is_due(self, fault: Fault) -> bool:
        fault.met += 1
        if fault.times and fault.played >= fault.times:
            return False
        if fault.nth and fault.met != fault.nth:
            return False
        if fault.every and fault.met % fault.every:
            return False
        return fault.share >= 1 or self._chances[fault.id].random() < fault.share


def _concerns(fault: Fault, call: Call, key: str) -> bool:
    return (
        fnmatchcase(f"{call.method} {call.path}", f"{fault.route}")
        and (fault.key == "*" or fnmatchcase(key, fault.key))
        and (fault.idempotency_key == "*" or _under(call, fault.idempotency_key))
        and fault.contains.encode() in call.body
    )


def _under(call: Call, pattern: str) -> bool:
    return call.idempotency_key is not None and fnmatchcase(call.idempotency_key, pattern)
