"""Values that FullStory itself can list: webhook endpoints, event types and their subcategories."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson

from fsdest.delivery import wire
from fsdest.delivery.advice import Tested, advice
from fsdest.exchange import Reply, Request
from fsdest.models import Credential
from fsdest.outbound import Line
from fsdest.vault import CannotUnseal

DEADLINE = timedelta(seconds=8)  # of one call: a person is waiting
MOST_PAGES = 10
MOST_WITH_SUBCATEGORIES = 20  # event types; each costs a call


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value to choose, as JSON for a list; `group` holds those that belong together."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look-up brought: choices, or a sentence that says why there are none."""

    choices: tuple[Choice, ...] = ()
    problem: str = ""


class _Failed(Exception):
    """A call of a look-up came to nothing. Its text is for a person."""


def look_up(credential: Credential, what: str) -> Looked:
    """Return what FullStory lists of `what`: "webhooks" or "event_types". Never raises.

    Source: https://developer.fullstory.com/list-endpoints, /webhooks/list-event-types,
    /anywhere/v1/webhooks/list-event-subcategories.
    """
    listed = {"webhooks": _webhooks, "event_types": _event_types}[what]
    try:
        line = wire.line(credential)
    except CannotUnseal as error:
        return Looked(problem=f"{error} Replace the key of the credential.")
    try:
        return Looked(choices=tuple(listed(credential, line)))
    except _Failed as failure:
        return Looked(problem=str(failure))
    finally:
        line.close()


def _webhooks(credential: Credential, line: Line) -> Iterator[Choice]:
    for each in _pages(credential, line, "/webhooks/v1/endpoints", "endpoints"):
        state = "" if each.get("enabled", True) else ", disabled"
        yield Choice(value=str(each.get("id", "")), label=f"{each.get('url', '')}{state}")


def _event_types(credential: Credential, line: Line) -> Iterator[Choice]:
    types = list(_pages(credential, line, "/webhooks/v1/event-types", "eventDefs"))
    for each in types[:MOST_WITH_SUBCATEGORIES]:
        name, label = str(each.get("eventName", "")), str(each.get("displayName", ""))
        if not each.get("hasSubcategories"):
            yield Choice(value=json.dumps({"event_name": name}), label=label or name)
            continue
        path = f"/webhooks/v1/event-types/{quote(name, safe='')}/subcategories"
        for part in _pages(credential, line, path, "subcategoryDefs"):
            value = {"event_name": name, "subcategory": part.get("subcategory")}
            # FullStory's own example has one spelling, its schema the other.
            shown = part.get("displayName") or part.get("display_name") or part.get("subcategory")
            yield Choice(value=json.dumps(value), label=str(shown), group=label or name)


def _pages(credential: Credential, line: Line, path: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in attribute `name` of each page. Raises _Failed."""
    token = ""
    for _ in range(MOST_PAGES):
        query = f"?paginationToken={quote(token, safe='')}" if token else ""
        body = _get(credential, line, f"{credential.base_url}{path}{query}")
        yield from (each for each in body.get(name) or () if isinstance(each, dict))
        following = body.get("nextPaginationToken")
        if not isinstance(following, str) or following in {"", token}:
            return
        token = following


def _get(credential: Credential, line: Line, url: str) -> dict[str, Any]:
    request = Request(method="GET", url=url, headers=(("Accept", "application/json"),))
    reply = line.send(request, deadline=DEADLINE)
    tested = Tested(is_sandbox=credential.is_sandbox, level=credential.level, writes=False)
    if not isinstance(reply, Reply):
        raise _Failed(f"{reply.sentence} {advice(reply, tested)}")
    try:
        body = orjson.loads(reply.body) if reply.status == 200 else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _Failed(f"FullStory answered {reply.status}. {advice(reply, tested)}")
    return body
