"""Events in batches. Source: https://developer.fullstory.com/server/events/create-batch-events-import-job."""

from functools import partial
from typing import Any

import orjson

from fsdest.sandbox import batches, effects
from fsdest.sandbox.at_rest import pack
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.event_rules import FULL_SESSION, SHARED_CONTEXT, check_context, check_event
from fsdest.sandbox.events import about, put
from fsdest.sandbox.jobs import Job
from fsdest.sandbox.replies import Reply, invalid, ok
from fsdest.sandbox.rules import UNKNOWN_ID, Broken, Item
from fsdest.sandbox.world import World

_CODES = {UNKNOWN_ID: "user_not_found", FULL_SESSION: "session_page_limit_exceeded"}


def create(call: Call, world: World) -> Reply:
    """Accept a batch; `shared.context` holds for the events without a context of their own."""
    return batches.accept(call, world, "events", partial(apply, world), _shared(call))


def imports(call: Call, world: World) -> Reply:
    """The events a job wrote."""
    job = batches.finished_job(call, world)
    results, about_rest = batches.page(call, world, job.imports)
    return ok({"results": [orjson.loads(event) for event in results]} | about_rest)


def apply(world: World, job: Job, items: list[Item]) -> None:
    """Do some of a job's work."""
    if world.settings.fast:
        for item in items:
            _store(job, item, world)
        return
    written: list[dict[str, Any]] = []
    for item in items:
        echo = orjson.dumps(item)
        try:
            event, user = _put(item, job, world)
        except Broken as broken:
            job.errors.append(_failure(broken.message, echo, job))
            continue
        job.imports.append(pack(event))
        written.append(effects.by_job("event.created", job, echo, **about(event, user)))
    world.ledger.applied(written)


def _put(item: Item, job: Job, world: World) -> tuple[Item, Any]:
    check_event(item, world.settings)
    if job.shared.get("context"):
        if item.get("context"):
            raise Broken(SHARED_CONTEXT)
        item["context"] = job.shared["context"]
    return put(item, world)


def _failure(message: str, echo: bytes, job: Job) -> Item:
    shared = {"shared": job.shared} if message == SHARED_CONTEXT else {}
    code = _CODES.get(message, "invalid_parameter")
    return batches.failure(message, code, event=orjson.loads(echo), **shared)


def _store(job: Job, item: Item, world: World) -> None:
    kept = pack(item)
    world.stream.put(kept)
    world.state.event(kept)
    job.imports.append(kept)


def _shared(call: Call) -> Item:
    shared = call.json.get("shared") or {}
    context = shared.get("context") or {} if isinstance(shared, dict) else None
    if not isinstance(context, dict):
        raise Refusal(invalid("shared.context must be an object"))
    try:
        check_context(context)
    except Broken as broken:
        raise Refusal(invalid(broken.message)) from None
    return {"context": context} if context else {}
