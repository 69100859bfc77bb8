"""Every route of FullStory that the sandbox answers, with what it takes to call it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fsdest.sandbox import (
    batches,
    event_batches,
    events,
    me,
    operations,
    segments,
    sessions,
    user_batches,
    users,
    webhooks,
)
from fsdest.sandbox.calls import Call, decoded
from fsdest.sandbox.keys import Role
from fsdest.sandbox.replies import Reply
from fsdest.sandbox.world import World

Answer = Callable[[Call, World], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method on a path. `{}` stands for a part that varies."""

    method: str
    path: str
    answer: Answer
    needs: Role = Role.USER
    is_idempotent: bool = False  # it honours Idempotency-Key


def _route(
    line: str, answer: Answer, needs: Role = Role.USER, *, idempotent: bool = False
) -> Route:
    method, path = line.split()
    return Route(method=method, path=path, answer=answer, needs=needs, is_idempotent=idempotent)


_VIEWS = Role.ARCHITECT  # what views or deletes needs an Architect key

ROUTES = (
    _route("GET /me", me.me),
    _route("POST /v2/users", users.create, idempotent=True),
    _route("GET /v2/users", users.list_, _VIEWS),
    _route("DELETE /v2/users", users.delete_by_uid, _VIEWS),
    _route("POST /v2/users/batch", user_batches.create, idempotent=True),
    _route("GET /v2/users/batch/{}", batches.status),
    _route("GET /v2/users/batch/{}/imports", user_batches.imports, _VIEWS),
    _route("GET /v2/users/batch/{}/errors", batches.errors, _VIEWS),
    _route("GET /v2/users/{}", users.get, _VIEWS),
    _route("POST /v2/users/{}", users.update),
    _route("DELETE /v2/users/{}", users.delete, _VIEWS),
    _route("POST /v2/events", events.create, idempotent=True),
    _route("POST /v2/events/batch", event_batches.create, idempotent=True),
    _route("GET /v2/events/batch/{}", batches.status),
    _route("GET /v2/events/batch/{}/imports", event_batches.imports, _VIEWS),
    _route("GET /v2/events/batch/{}/errors", batches.errors, _VIEWS),
    _route("POST /webhooks/v1/endpoints", webhooks.create, _VIEWS),
    _route("GET /webhooks/v1/endpoints", webhooks.list_, _VIEWS),
    _route("GET /webhooks/v1/endpoints/{}", webhooks.get, _VIEWS),
    _route("POST /webhooks/v1/endpoints/{}", webhooks.update, _VIEWS),
    _route("DELETE /webhooks/v1/endpoints/{}", webhooks.delete, _VIEWS),
    _route("GET /webhooks/v1/event-types", webhooks.event_types, _VIEWS),
    _route("GET /webhooks/v1/event-types/{}/subcategories", webhooks.subcategories, _VIEWS),
    _route("GET /operations/v1", operations.list_, _VIEWS),
    _route("GET /operations/v1/{}", operations.get, _VIEWS),
    _route("DELETE /users/v1/individual/{}", operations.delete_user, _VIEWS),
    _route("GET /segments/v1", segments.list_, _VIEWS),
    _route("POST /segments/v1/exports", operations.export_segment, _VIEWS),
    _route("GET /sessions/v2", sessions.list_, _VIEWS),
    _route("GET /v2/sessions", sessions.list_, _VIEWS),
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"))


_EXACT: dict[str, dict[str, Route]] = {}
_VARIABLE: list[tuple[re.Pattern[str], dict[str, Route]]] = []

for _each in ROUTES:
    if "{}" not in _each.path:
        _EXACT.setdefault(_each.path, {})[_each.method] = _each
for _path in dict.fromkeys(route.path for route in ROUTES if "{}" in route.path):
    _VARIABLE.append((_pattern(_path), {r.method: r for r in ROUTES if r.path == _path}))


def find(path: str) -> tuple[dict[str, Route], tuple[str, ...]] | None:
    """Return the routes of a path, by method, and the path's parts; None: no such path."""
    if routes := _EXACT.get(path):
        return routes, ()
    for pattern, found in _VARIABLE:
        if match := pattern.fullmatch(path):
            return found, tuple(decoded(part) for part in match.groups())
    return None
