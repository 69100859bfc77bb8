"""Segments, v1: a fixed few. Source: https://developer.fullstory.com/server/v1/segments/."""

from fsdest.sandbox.calls import Call
from fsdest.sandbox.pages import window
from fsdest.sandbox.replies import Reply, ok
from fsdest.sandbox.world import World

_OWNER = "admin@sandbox.example"
SEGMENTS = tuple(
    {
        "id": id,
        "name": name,
        "created": "2026-01-05T09:00:00.000Z",
        "creator": creator,
        "url": f"https://app.fullstory.com/ui/SANDBOX/segments/{id}",
    }
    for id, name, creator in (
        ("everyone", "Everyone", _OWNER),
        ("paying", "Paying customers", _OWNER),
        ("at-risk", "Not seen for a month", "analyst@sandbox.example"),
    )
)


def list_(call: Call, _world: World) -> Reply:
    """Segments, a page at a time, of one creator if the query says so."""
    creator = call.query.get("creator")
    chosen = [each for each in SEGMENTS if not creator or each["creator"] == creator]
    found, about = window(call, chosen, most=100, usual=20)
    return ok({"segments": found} | about)
