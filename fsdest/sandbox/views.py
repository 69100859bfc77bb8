"""What the control interface tells."""

from collections.abc import Callable
from dataclasses import asdict
from itertools import islice

import orjson

from fsdest.sandbox import faults, webhooks
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.playing import Player
from fsdest.sandbox.profiles import describe
from fsdest.sandbox.replies import Reply, invalid, ok
from fsdest.sandbox.world import World

Answer = Callable[[Call, World, Player, str], Reply]  # the rest of the path comes last


def _ledger(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    since, limit = _window(call)
    requests = list(world.ledger.read_requests(since, limit))
    return ok({"requests": requests, "last": world.ledger.requests})


def _effects(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    since, limit = _window(call)
    found = world.ledger.read_effects(since, limit)
    uid = call.query.get("uid")
    kept = [each for each in found if uid is None or each.get("uid") == uid]
    return ok({"effects": kept, "last": world.ledger.effects})


def _window(call: Call) -> tuple[int, int | None]:
    try:
        limit = call.query.get("limit")
        return int(call.query.get("since") or 0), max(0, int(limit)) if limit else None
    except ValueError:
        raise Refusal(invalid("since and limit are numbers")) from None


def _users(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    world.people.settle()
    uid = call.query.get("uid")
    if uid is not None:
        user = world.people.find_uid(uid)
        found = [user] if user else []
    else:
        _, limit = _window(call)
        found = [user for _, user in islice(world.people.walk(), limit)]
    shown = [
        describe(user, with_schema=False) | {"is_being_deleted": bool(user.gone_at)}
        for user in found
    ]
    return ok({"users": shown})


def _uids(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    world.people.settle()
    return ok({"uids": list(world.people.by_uid)})


def _events(call: Call, world: World, _player: Player, _rest: str) -> Reply:
    _, limit = _window(call)
    newest = islice(reversed(world.stream.kept), limit)
    return ok({"events": [orjson.loads(event) for event in newest], "count": world.stream.count})


def _jobs(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    shown = [
        job.describe(world.settings)
        | {"family": job.family, "size": job.size}
        | {"imports": job.imported, "errors": len(job.errors)}
        for job in world.jobs.all.values()
    ]
    return ok({"jobs": shown})


def _state(_call: Call, world: World, player: Player, _rest: str) -> Reply:
    return ok(world.counts() | {"held": player.held})


def _faults(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    return ok({"faults": [faults.describe(fault) for fault in world.faults.all.values()]})


def _webhooks(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    return ok({"endpoints": [webhooks.describe(each) for each in world.endpoints.values()]})


def _deliveries(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    return ok({"deliveries": [asdict(each) for each in world.deliveries.kept]})


def _settings(_call: Call, world: World, _player: Player, _rest: str) -> Reply:
    return ok(asdict(world.settings))


ANSWERS: dict[tuple[str, str], Answer] = {
    ("GET", "ledger"): _ledger,
    ("GET", "effects"): _effects,
    ("GET", "users"): _users,
    ("GET", "uids"): _uids,
    ("GET", "events"): _events,
    ("GET", "jobs"): _jobs,
    ("GET", "state"): _state,
    ("GET", "faults"): _faults,
    ("GET", "webhooks"): _webhooks,
    ("GET", "deliveries"): _deliveries,
    ("GET", "settings"): _settings,
}
