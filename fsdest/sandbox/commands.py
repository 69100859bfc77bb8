"""What the control interface does."""

import time
from dataclasses import asdict
from typing import Any

from fsdest.sandbox import faults, settings
from fsdest.sandbox.calls import Call
from fsdest.sandbox.playing import Player
from fsdest.sandbox.replies import NOT_FOUND, Reply, invalid, ok, required
from fsdest.sandbox.things import Session
from fsdest.sandbox.views import Answer
from fsdest.sandbox.webhooks import EVENT_TYPES
from fsdest.sandbox.world import World

ORG = "o-SANDBOX-na1"  # signs deliveries, unless the call names another


def _add_fault(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    try:
        fault = world.faults.add(faults.parse(call.json))
    except faults.BadFaultError as bad:
        return invalid(str(bad))
    return ok(faults.describe(fault))


def _remove_faults(_call: Call, world: World, _player: Player, rest: str) -> Reply:
    if rest and not rest.isdecimal():
        return NOT_FOUND
    world.faults.remove(int(rest) if rest else None)
    return ok({})


def _release(_call: Call, _world: World, player: Player, rest: str) -> Reply:
    return ok({"released": player.release()}) if rest == "release" else NOT_FOUND


def _reset(_call: Call, world: World, player: Player, _rest: str) -> Reply:
    player.release()
    world.forget()
    return ok({})


def _change_settings(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    try:
        settings.change(world.settings, call.json)
    except settings.UnknownSettingError as bad:
        return invalid(str(bad))
    return ok(asdict(world.settings))


def _emit(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    given: dict[str, Any] = call.json
    name = given.get("event_name")
    if name not in EVENT_TYPES:
        return invalid(f"event_name is one of {', '.join(EVENT_TYPES)}")
    return ok({"deliveries": emit(name, given, world)})


def emit(name: str, given: dict[str, Any], world: World) -> int:
    """Begin to deliver an event; return to how many endpoints. `given` may have data and org."""
    begun = world.deliveries.emit(
        name,
        given.get("data") or {"id": str(time.time_ns())},
        list(world.endpoints.values()),
        org=str(given.get("org") or ORG),
    )
    return len(begun)


def _add_session(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    uid, id = call.json.get("uid"), call.json.get("id")
    if not isinstance(uid, str) or not isinstance(id, str):
        return required("uid and id")
    session = Session(id, uid, int(time.time()))
    world.sessions.all.append(session)
    world.state.session(session)
    return ok(asdict(session))


ANSWERS: dict[tuple[str, str], Answer] = {
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _remove_faults,
    ("POST", "barrier"): _release,
    ("POST", "reset"): _reset,
    ("POST", "settings"): _change_settings,
    ("POST", "emit"): _emit,
    ("POST", "sessions"): _add_session,
}
