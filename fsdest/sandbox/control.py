"""The sandbox's own interface, `/_sandbox/...`: what was received, what is to go wrong, a reset.

`README.md` describes it for those who write clients against it.
"""

from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from typing import Any

import orjson

from fsdest.sandbox import faults, settings
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.playing import Player
from fsdest.sandbox.profiles import describe
from fsdest.sandbox.replies import NOT_FOUND, Reply, invalid, ok
from fsdest.sandbox.world import World

PREFIX = "/_sandbox"
_HEALTHY = Reply(200, b'{"status":"ok"}')


async def answer(call: Call, world: World, player: Player) -> Reply:
    """Answer a call to the control interface."""
    if call.path == "/healthz":
        return _HEALTHY
    name, _, rest = call.path.removeprefix(PREFIX).strip("/").partition("/")
    found = _ANSWERS.get((call.method, name))
    if found is None:
        return NOT_FOUND
    try:
        return found(call, world, player, rest)
    except Refusal as refusal:
        return refusal.reply


Answer = Callable[[Call, World, Player, str], Reply]


def _ledger(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    since, limit = _window(call)
    return ok(
        {
            "requests": list(world.ledger.read_requests(since, limit)),
            "last": world.ledger.requests,
        }
    )


def _effects(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    since, limit = _window(call)
    found = world.ledger.read_effects(since, limit)
    uid = call.query.get("uid")
    kept = [each for each in found if uid is None or each.get("uid") == uid]
    return ok({"effects": kept, "last": world.ledger.effects})


def _window(call: Call) -> tuple[int, int | None]:
    try:
        limit = call.query.get("limit")
        return int(call.query.get("since") or 0), int(limit) if limit else None
    except ValueError:
        raise Refusal(invalid("since and limit are numbers")) from None


def _users(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    uid = call.query.get("uid")
    if uid is not None:
        user = world.people.find_uid(uid)
        found = [user] if user else []
    else:
        world.people.forget_the_gone()
        _, limit = _window(call)
        found = [user for _, user in islice(world.people.walk(), limit)]
    shown = [
        describe(user, with_schema=False) | {"is_being_deleted": bool(user.gone_at)}
        for user in found
    ]
    return ok({"users": shown})


def _uids(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    world.people.forget_the_gone()
    return ok({"uids": list(world.people.by_uid)})


def _events(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    _, limit = _window(call)
    newest = islice(reversed(world.events.kept), limit)
    return ok({"events": [orjson.loads(event) for event in newest], "count": world.events.count})


def _state(_call: Call, world: World, player: Player, _rest: str) -> Reply:
    return ok(world.counts() | {"held": player.held})


def _add_fault(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    try:
        fault = world.faults.add(faults.parse(call.json))
    except faults.BadFaultError as bad:
        return invalid(str(bad))
    return ok(faults.describe(fault))


def _list_faults(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    return ok({"faults": [faults.describe(fault) for fault in world.faults.all.values()]})


def _remove_faults(_call: Call, world: World, _player: Player, rest: str) -> Reply:
    if rest and not rest.isdigit():
        return NOT_FOUND
    world.faults.remove(int(rest) if rest else None)
    return ok({})


def _release(_call: Call, _world: World, player: Player, rest: str) -> Reply:
    return ok({"released": player.release()}) if rest == "release" else NOT_FOUND


def _reset(_call: Call, world: World, player: Player, _rest: str) -> Reply:
    world.faults.remove()
    player.release()
    world.forget()
    world.ledger.clear()
    return ok({})


def _show_settings(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    return ok(asdict(world.settings))


def _change_settings(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    try:
        settings.change(world.settings, call.json)
    except settings.UnknownSettingError as bad:
        return invalid(str(bad))
    return ok(asdict(world.settings))


def _job_list(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    shown: list[dict[str, Any]] = [
        job.describe(world.settings)
        | {
            "family": job.family,
            "size": job.size,
            "imports": len(job.imports),
            "errors": len(job.errors),
        }
        for job in world.jobs.all.values()
    ]
    return ok({"jobs": shown})


_ANSWERS: dict[tuple[str, str], Answer] = {
    ("GET", "ledger"): _ledger,
    ("GET", "effects"): _effects,
    ("GET", "users"): _users,
    ("GET", "uids"): _uids,
    ("GET", "events"): _events,
    ("GET", "jobs"): _job_list,
    ("GET", "state"): _state,
    ("POST", "faults"): _add_fault,
    ("GET", "faults"): _list_faults,
    ("DELETE", "faults"): _remove_faults,
    ("POST", "barrier"): _release,
    ("POST", "reset"): _reset,
    ("GET", "settings"): _show_settings,
    ("POST", "settings"): _change_settings,
}
