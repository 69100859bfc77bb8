"""Batch imports of users and events: create, status, imports, errors.

Source: https://developer.fullstory.com/server/users/create-batch-user-import-job and the pages
beside it, and those of events.
"""

from typing import Any

from fsdest.sandbox import tokens
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.jobs import Apply, Family, Job, now
from fsdest.sandbox.replies import (
    NOT_FOUND,
    STILL_PROCESSING,
    Reply,
    invalid,
    ok,
    required,
    too_many,
)
from fsdest.sandbox.rules import Item
from fsdest.sandbox.world import World


def accept(call: Call, world: World, family: Family, apply: Apply, shared: Item) -> Reply:
    """Make a job of the call's `requests`, or refuse them all for a limit."""
    items = requested(call, world)
    job = Job(
        id=world.jobs.new_id(),
        family=family,
        items=items,
        apply=apply,
        created=now(),
        size=len(items),
        shared=shared,
        idempotency_key=call.idempotency_key,
        request=call.seq,
    )
    world.jobs.accept(job)
    return ok({"job": job.describe(world.settings)})


def requested(call: Call, world: World) -> list[Item]:
    """Return the call's `requests`. Refuses what is no list of objects, and what is too much."""
    items = call.json.get("requests")
    if not isinstance(items, list) or not items:
        raise Refusal(required("requests"))
    if len(items) > world.settings.batch_items:
        raise Refusal(invalid(f"requests must not exceed {world.settings.batch_items} items"))
    if set(map(type, items)) != {dict}:
        raise Refusal(invalid("requests must be objects"))
    if world.jobs.is_full(len(items)):
        raise Refusal(too_many(world.settings.limit_retry_after_s))
    return items


def status(call: Call, world: World) -> Reply:
    """How far a job is; the numbers are real numbers, not strings."""
    job = _job(call, world)
    job.polls += 1
    return ok(
        {
            "imports": job.imported,
            "errors": len(job.errors),
            "job": job.describe(world.settings),
        }
    )


def page(call: Call, world: World, things: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the things of the page asked for, and what the answer says of the rest."""
    start = tokens.position(call.query.get("page_token"))
    end = start + world.settings.page_size
    about: dict[str, Any] = {"total_records": str(len(things))}
    if end < len(things):
        about["next_page_token"] = tokens.token(end)
    return things[start:end], about


def errors(call: Call, world: World) -> Reply:
    """The items that failed, each with its reason; 202 while the job is at work."""
    job = _job(call, world)
    if job.finished is None:
        return STILL_PROCESSING
    results, about = page(call, world, job.errors)
    return ok({"results": results} | about)


def finished_job(call: Call, world: World) -> Job:
    """Return the job of the path. Refuses an unknown one, and one that is still at work."""
    job = _job(call, world)
    if job.finished is None:
        raise Refusal(STILL_PROCESSING)
    return job


def _job(call: Call, world: World) -> Job:
    family = "users" if call.path.startswith("/v2/users") else "events"
    job = world.jobs.all.get(call.parts[0])
    if job is None or job.family != family:
        raise Refusal(NOT_FOUND)
    return job


def failure(message: str, code: str = "invalid_parameter", **item: Any) -> Item:
    """Describe an item that failed, with the item itself."""
    return {"message": message, "code": code} | item
