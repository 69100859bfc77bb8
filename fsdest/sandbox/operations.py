"""Operations, v1: slow work that a call has started, to be polled.

Source: https://developer.fullstory.com/server/v1/operations/list-operations, /get-operation-status;
the two calls that start one are the v1 deletion of a user and the export of a segment.
"""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from fsdest.sandbox import effects
from fsdest.sandbox.calls import Call
from fsdest.sandbox.jobs import stamp
from fsdest.sandbox.pages import window
from fsdest.sandbox.replies import NOT_FOUND, USER_NOT_FOUND, Reply, invalid, ok, required
from fsdest.sandbox.segments import SEGMENTS
from fsdest.sandbox.things import Operation
from fsdest.sandbox.world import World

TYPES = frozenset(
    (
        *("DELETE_USER", "DELETE_SESSION", "DELETE_SEGMENT_SESSIONS", "DELETE_SEGMENT_USERS"),
        "SEARCH_EXPORT",
    )
)
STATES = frozenset(("PENDING", "COMPLETED", "FAILED"))


def list_(call: Call, world: World) -> Reply:
    """Operations, newest first, of one state and one type if the query says so."""
    state, kind = call.query.get("state"), call.query.get("type")
    if (state and state not in STATES) or (kind and kind not in TYPES):
        return invalid("unknown state or type")
    shown = [describe(operation) for operation in reversed(world.operations.values())]
    chosen = [
        each
        for each in shown
        if (not state or each["state"] == state) and (not kind or each["type"] == kind)
    ]
    found, about = window(call, chosen, most=100)
    return ok({"operations": found} | about)


def get(call: Call, world: World) -> Reply:
    """One operation."""
    operation = world.operations.get(call.parts[0])
    return ok(describe(operation)) if operation else NOT_FOUND


def delete_user(call: Call, world: World) -> Reply:
    """The v1 deletion of a user by uid; the answer is the id of an operation."""
    user = world.people.find_uid(call.parts[0])
    if user is None:
        return USER_NOT_FOUND
    world.ledger.applied([effects.by_call("user.deleted", call, uid=user.uid, id=user.id)])
    world.people.delete(user, after_s=world.settings.deletion_s)
    world.state.user(user)
    return ok({"id": _start(world, "DELETE_USER", {"uid": user.uid}, {}).id})


def export_segment(call: Call, world: World) -> Reply:
    """Begin an export of a segment; the answer is the id of an operation."""
    segment = call.json.get("segmentId")
    if not segment:
        return required("segmentId")
    if segment not in {each["id"] for each in SEGMENTS}:
        return NOT_FOUND
    if call.json.get("type") not in {"TYPE_EVENT", "TYPE_INDIVIDUAL"}:
        return invalid("type must be TYPE_EVENT or TYPE_INDIVIDUAL")
    results = {"searchExportId": secrets.token_urlsafe(9)}
    operation = _start(world, "SEARCH_EXPORT", {"segmentId": segment}, results)
    return ok({"operationId": operation.id})


def _start(world: World, kind: str, details: dict[str, Any], results: dict[str, Any]) -> Operation:
    created = time.time()
    operation = Operation(
        id=secrets.token_urlsafe(9),
        type=kind,
        created=created,
        done=created + world.settings.job_s,
        details=details,
        results=results,
    )
    world.operations[operation.id] = operation
    world.state.operation(operation)
    return operation


def describe(operation: Operation) -> dict[str, Any]:
    """Return an operation as FullStory shows it."""
    is_done = operation.done <= time.time()
    shown: dict[str, Any] = {
        "id": operation.id,
        "type": operation.type,
        "details": operation.details,
        "state": "COMPLETED" if is_done else "PENDING",
        "errorDetails": "",
        "createdAt": stamp(datetime.fromtimestamp(operation.created, UTC)),
        "estimatePctComplete": 100 if is_done else 0,
    }
    if is_done:
        shown["results"] = operation.results
        shown["finishedAt"] = stamp(datetime.fromtimestamp(operation.done, UTC))
    return shown
