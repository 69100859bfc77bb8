"""Events v2, one at a time.

Source: https://developer.fullstory.com/server/events/create-event/.
"""

from typing import Any

from fsdest.sandbox import effects
from fsdest.sandbox.at_rest import pack
from fsdest.sandbox.calls import Call
from fsdest.sandbox.event_rules import FULL_SESSION, check_event
from fsdest.sandbox.jobs import now, stamp
from fsdest.sandbox.people import User
from fsdest.sandbox.replies import EMPTY_OBJECT, USER_NOT_FOUND, Reply, error, invalid
from fsdest.sandbox.rules import UNKNOWN_ID, Broken, Item
from fsdest.sandbox.world import World


def create(call: Call, world: World) -> Reply:
    """Take one event; the answer is an empty object, without an id."""
    item = call.json
    if world.settings.fast:
        world.stream.put(call.body)
        return EMPTY_OBJECT
    try:
        check_event(item, world.settings)
        event, user = put(item, world)
    except Broken as broken:
        return _refused(broken.message)
    written = effects.by_call("event.created", call, **about(event, user))
    world.ledger.applied([written])
    return EMPTY_OBJECT


def _refused(message: str) -> Reply:
    match message:
        case _ if message == UNKNOWN_ID:
            return USER_NOT_FOUND
        case _ if message == FULL_SESSION:
            return error(400, message, "session_page_limit_exceeded")
    return invalid(message)


def put(item: Item, world: World) -> tuple[Item, User | None]:
    """Keep a checked event; return it as an import's results show it, and its user.

    The user of an unknown uid is created, and an event that names nobody is a new anonymous
    user's. Raises Broken for an unknown user id or a full session.
    """
    session = dict(item.get("session") or {})
    if world.settings.full_session and session.get("id") == world.settings.full_session:
        raise Broken(FULL_SESSION)
    user = None if session.get("id") or session.get("uid") else _user_of(item, world)
    if session.pop("use_most_recent", False) and user is not None:
        recent = world.sessions.newest(user.uid)
        session = {"id": recent} if recent else {}
    event: Item = {}
    if user is not None:
        event["user"] = {"id": user.id} | ({"uid": user.uid} if user.uid else {})
    if session:
        event["session"] = session
    if item.get("context"):
        event["context"] = item["context"]
    event |= {"name": item["name"], "timestamp": item.get("timestamp") or stamp(now())}
    event["properties"] = item.get("properties") or {}
    kept = pack(event)
    world.stream.put(kept)
    world.state.event(kept)
    return event, user


def _user_of(item: Item, world: World) -> User | None:
    named = item.get("user") or {}
    if id := named.get("id"):
        user = world.people.find(id) if isinstance(id, str) else None
        if user is None:
            raise Broken(UNKNOWN_ID)
        return user
    uid = named.get("uid")
    if uid and not world.settings.user_from_event:
        return world.people.find_uid(uid)
    world.people.settle()
    user, is_new = world.people.put({"uid": uid} if uid else {})
    if is_new:
        world.state.user(user)
    return user


def about(event: Item, user: User | None) -> dict[str, Any]:
    """Return what an effect says of an event."""
    return {
        "name": event["name"],
        "uid": user.uid if user else None,
        "id": user.id if user else None,
    }
