"""Back to what the sandbox knew before it stopped: the state file, read from its first line."""

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from fsdest.sandbox import event_batches, user_batches
from fsdest.sandbox.at_rest import pack
from fsdest.sandbox.idempotency import Kept
from fsdest.sandbox.jobs import Job
from fsdest.sandbox.people import User
from fsdest.sandbox.replies import Reply
from fsdest.sandbox.things import Endpoint, Operation, Session
from fsdest.sandbox.world import World

Line = dict[str, Any]
_WORTH_REWRITING = 20_000  # lines


def restore(world: World, path: Path) -> None:
    """Put into an empty world what `path` remembers, and go on writing there.

    A last line that was cut short is dropped. A file with many lines that no longer matter is
    written anew.
    """
    lines = _read(world, path)
    world.people.settle()
    if lines > _WORTH_REWRITING and lines > 2 * _things(world):
        anew = path.with_name(path.name + ".new")
        anew.unlink(missing_ok=True)
        world.state.open(anew)
        _write_all(world)
        anew.replace(path)
    else:
        world.state.open(path)


def _read(world: World, path: Path) -> int:
    if not path.exists():
        return 0
    count = good = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                os.truncate(path, good)
                break
            entry = orjson.loads(line)
            _TAKE[entry.pop("line")](world, entry)
            good += len(line)
            count += 1
    return count


def _user(world: World, line: Line) -> None:
    people = world.people
    user = people.by_id.get(line["id"]) or people.add(line["id"], None)
    if line["uid"] is not None:
        user.uid = line["uid"]
        people.by_uid[line["uid"]] = user
    user.display_name, user.email = line["display_name"], line["email"]
    for field in ("properties", "schema"):
        value = line[field]
        setattr(user, field, b"" if value is None else pack(value))
    if line["gone_at"] and not user.gone_at:
        people.delete(user, at=line["gone_at"])


def _same(world: World, line: Line) -> None:
    world.people.lead(line["id"], world.people.by_id[line["user"]])


def _event(world: World, line: Line) -> None:
    world.stream.put(pack(line["event"]))


def _job(world: World, line: Line) -> None:
    apply = user_batches.apply if line["family"] == "users" else event_batches.apply
    line["created"] = datetime.fromisoformat(line["created"])
    job = Job(**line, apply=partial(apply, world))
    world.jobs.all[job.id] = job
    world.jobs.operations += job.size


def _done(world: World, line: Line) -> None:
    job = world.jobs.all[line["id"]]
    world.jobs.operations -= job.size
    job.items = []
    job.finished = datetime.fromisoformat(line["finished"])
    job.errors = line["errors"]
    if job.family == "users":
        job.imports = [_known(world, id) for id in line["imports"]]
    else:
        job.imports = [pack(event) for event in line["imports"]]


def _known(world: World, id: str) -> User:
    """Return the user of an id; one who was deleted since is only an id."""
    return world.people.by_id.get(id) or User(id, None)


def _reply(world: World, line: Line) -> None:
    reply = Reply(line["status"], line["body"].encode("latin-1"))
    kept = Kept(bytes.fromhex(line["digest"]), line["until"], reply)
    world.memory.kept[tuple(line["place"])] = kept


def _endpoint(world: World, line: Line) -> None:
    endpoint = Endpoint(**line)
    world.endpoints[endpoint.id] = endpoint


def _no_endpoint(world: World, line: Line) -> None:
    world.endpoints.pop(line["id"], None)


def _operation(world: World, line: Line) -> None:
    world.operations[line["id"]] = Operation(**line)


def _session(world: World, line: Line) -> None:
    world.sessions.all.append(Session(**line))


_TAKE: dict[str, Callable[[World, Line], None]] = {
    "user": _user,
    "same": _same,
    "event": _event,
    "job": _job,
    "done": _done,
    "reply": _reply,
    "endpoint": _endpoint,
    "no_endpoint": _no_endpoint,
    "operation": _operation,
    "session": _session,
}


def _things(world: World) -> int:
    return (
        len(world.people.by_id)
        + len(world.stream.kept)
        + 2 * len(world.jobs.all)
        + len(world.memory)
    )


def _write_all(world: World) -> None:
    state = world.state
    for _, user in world.people.walk():
        state.user(user)
    for id, user in world.people.by_id.items():
        if id != user.id:
            state.same(id, user)
    for event in world.stream.kept:
        state.event(event)
    for job in world.jobs.all.values():
        world.jobs.write_down(job)
    for place, kept in world.memory.kept.items():
        if kept.reply:
            state.reply(place, kept.body, kept.until, kept.reply)
    for endpoint in world.endpoints.values():
        state.endpoint(endpoint)
    for operation in world.operations.values():
        state.operation(operation)
    for session in world.sessions.all:
        state.session(session)
