"""What a batch import does with users, and what it tells of them afterwards."""

from functools import partial
from typing import Any

import orjson

from fsdest.sandbox import batches, effects
from fsdest.sandbox.calls import Call
from fsdest.sandbox.jobs import Job, now
from fsdest.sandbox.people import User, is_storable
from fsdest.sandbox.profiles import describe
from fsdest.sandbox.replies import Reply, ok
from fsdest.sandbox.rules import UNKNOWN_ID, Broken, Item, check_user
from fsdest.sandbox.world import World


def create(call: Call, world: World) -> Reply:
    """Accept a batch of users."""
    if world.settings.fast and not world.state.is_open:
        return _take(call, world)
    return batches.accept(call, world, "users", partial(apply, world), {})


def imports(call: Call, world: World) -> Reply:
    """The users a job wrote, as they are now."""
    job = batches.finished_job(call, world)
    world.people.settle()
    results, about = batches.page(call, world, job.imports)
    with_schema = bool(call.flag("include_schema"))
    return ok({"results": [describe(user, with_schema=with_schema) for user in results]} | about)


def _take(call: Call, world: World) -> Reply:
    """The fastest way: the body is parsed, but rests as it is until somebody asks for a user."""
    size = len(batches.requested(call, world))
    job = Job(
        id=world.jobs.new_id(),
        family="users",
        items=[],
        apply=partial(apply, world),
        created=now(),
        size=size,
        taken=size,
    )
    world.people.take(call.body, job.imports)
    world.jobs.accept(job)
    return ok({"job": job.describe(world.settings)})


def apply(world: World, job: Job, items: list[Item]) -> None:
    """Do some of a job's work."""
    if world.settings.fast:
        _store(job, items, world)
    else:
        _import(job, items, world)


def _store(job: Job, items: list[Item], world: World) -> None:
    """The fast way: no validation, no effect in the ledger."""
    put, keep = world.people.put, job.imports.append
    for item in filter(is_storable, items):
        user, _ = put(item)
        keep(user)
        world.state.user(user)


def _import(job: Job, items: list[Item], world: World) -> None:
    written: list[dict[str, Any]] = []
    world.people.settle()
    for item in items:
        echo = orjson.dumps(item)
        try:
            check_user(item, world.settings)
            user, kind = _write(item, world)
        except Broken as broken:
            code = "user_not_found" if broken.message == UNKNOWN_ID else "invalid_parameter"
            job.errors.append(batches.failure(broken.message, code, user=orjson.loads(echo)))
            continue
        job.imports.append(user)
        written.append(effects.by_job(kind, job, echo, uid=user.uid, id=user.id))
        world.state.user(user)
    world.ledger.applied(written)


def _write(item: Item, world: World) -> tuple[User, str]:
    if not (id := item.get("id")):
        user, is_new = world.people.put(item)
        return user, "user.created" if is_new else "user.updated"
    known = world.people.by_id.get(id) if isinstance(id, str) else None
    if known is None:
        raise Broken(UNKNOWN_ID)
    return world.people.update(known, item), "user.updated"
