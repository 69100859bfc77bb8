"""Users v2, one at a time: create or update, get, list, update, delete.

Source: https://developer.fullstory.com/server/users/create-user/ and the pages beside it.
"""

import base64
from collections.abc import Iterable
from typing import Any

from fsdest.sandbox import effects, tokens
from fsdest.sandbox.calls import Call
from fsdest.sandbox.people import User, is_storable
from fsdest.sandbox.profiles import describe
from fsdest.sandbox.replies import (
    EMPTY_OBJECT,
    USER_NOT_FOUND,
    Reply,
    invalid,
    ok,
    required,
)
from fsdest.sandbox.rules import Broken, check_user
from fsdest.sandbox.world import World

APP = "https://app.fullstory.com/ui"


def create(call: Call, world: World) -> Reply:
    """Upsert by uid; without a uid, a new anonymous user each time."""
    item = call.json
    if not world.settings.fast or not is_storable(item):
        try:
            check_user(item, world.settings)
        except Broken as broken:
            return invalid(broken.message)
    world.people.settle()
    user, is_new = world.people.put(item)
    _wrote(call, world, user, "user.created" if is_new else "user.updated")
    return Reply(200, b'{"id":"%s"}' % user.id.encode())


def get(call: Call, world: World) -> Reply:
    """One user by FullStory id."""
    user = world.people.find(call.parts[0])
    if user is None:
        return USER_NOT_FOUND
    return ok(_shown(call, user, with_schema=bool(call.flag("include_schema"))))


def update(call: Call, world: World) -> Reply:
    """Merge into a user by FullStory id."""
    known = world.people.find(call.parts[0])
    if known is None:
        return USER_NOT_FOUND
    item = call.json
    try:
        check_user(item, world.settings)
        user = world.people.update(known, item)
    except Broken as broken:
        return invalid(broken.message)
    if world.people.by_id.get(call.parts[0]) is not known:
        world.state.same(call.parts[0], user)
    _wrote(call, world, user, "user.updated")
    return ok({"id": user.id})


def delete(call: Call, world: World) -> Reply:
    """Begin the deletion of a user by FullStory id."""
    return _delete(call, world, world.people.find(call.parts[0]))


def delete_by_uid(call: Call, world: World) -> Reply:
    """Begin the deletion of a user by uid, which is in the query."""
    uid = call.query.get("uid")
    if not uid:
        return required("uid")
    return _delete(call, world, world.people.find_uid(uid))


def _delete(call: Call, world: World, user: User | None) -> Reply:
    if user is None:
        return USER_NOT_FOUND
    _wrote(call, world, user, "user.deleted")
    world.people.delete(user, after_s=world.settings.deletion_s)
    world.state.user(user)
    return EMPTY_OBJECT


def list_(call: Call, world: World) -> Reply:
    """Users that all filters hold for, a page at a time."""
    start = tokens.position(call.query.get("page_token"))
    world.people.settle()
    page: list[User] = []
    total, next_start = 0, None
    for position, user in _candidates(call, world):
        if not _passes(call, user):
            continue
        total += 1
        if position < start:
            continue
        if len(page) < world.settings.page_size:
            page.append(user)
        elif next_start is None:
            next_start = position
            if not _is_filtered(call):
                break
    if not _is_filtered(call):
        total = world.people.size
    with_schema = bool(call.flag("include_schema"))
    answer: dict[str, Any] = {
        "results": [_shown(call, user, with_schema=with_schema) for user in page],
        "total_records": str(total),
    }
    if next_start is not None:
        answer["next_page_token"] = tokens.token(next_start)
    answer["app_url"] = f"{_app(call)}/segments/everyone/people:search:all/0"
    return ok(answer)


def _candidates(call: Call, world: World) -> Iterable[tuple[int, User]]:
    """Yield (position, user), as few as may be: a uid names one, a later page skips the earlier."""
    if uid := call.query.get("uid"):
        user = world.people.by_uid.get(uid)
        return [(0, user)] if user else []
    if _is_filtered(call):
        return world.people.walk()
    return world.people.walk(tokens.position(call.query.get("page_token")))


def _is_filtered(call: Call) -> bool:
    return any(call.query.get(name) for name in ("uid", "email", "display_name", "is_identified"))


def _passes(call: Call, user: User) -> bool:
    email, name = call.query.get("email"), call.query.get("display_name")
    identified = call.flag("is_identified")
    return (
        (not email or user.email == email)
        and (not name or user.display_name == name)
        and (identified is None or identified == (user.uid is not None))
    )


def _shown(call: Call, user: User, *, with_schema: bool) -> dict[str, Any]:
    shown = describe(user, with_schema=with_schema)
    shown["is_being_deleted"] = bool(user.gone_at)
    search = base64.urlsafe_b64encode(user.id.encode()).decode().rstrip("=")
    shown["app_url"] = f"{_app(call)}/segments/everyone/people:search:{search}/user/{user.id}"
    return shown


def _app(call: Call) -> str:
    return f"{APP}/{call.key.org if call.key else 'SANDBOX'}"


def _wrote(call: Call, world: World, user: User, kind: str) -> None:
    if not world.settings.fast:
        world.ledger.applied([effects.by_call(kind, call, uid=user.uid, id=user.id)])
    world.state.user(user)
