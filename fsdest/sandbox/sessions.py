"""Sessions: none but those that the control interface adds, since only a browser makes them.

Source: https://developer.fullstory.com/server/v1/sessions/list-sessions; `/v2/sessions` is a guess.
"""

from typing import Any

from fsdest.sandbox.calls import Call
from fsdest.sandbox.replies import Reply, invalid, ok, required
from fsdest.sandbox.things import Session
from fsdest.sandbox.world import World

_APP = "https://app.fullstory.com/ui/SANDBOX/session"
_USUAL = 20


def list_(call: Call, world: World) -> Reply:
    """The sessions of a uid, of an email, or of both together; newest first, a single page."""
    uid, email = call.query.get("uid"), call.query.get("email")
    if not uid and not email:
        return required("uid or email")
    limit = call.query.get("limit") or str(_USUAL)
    if not limit.isdecimal():
        return invalid("limit must be a number")
    wanted = [each for each in reversed(world.sessions.all) if _is_of(each, uid, email, world)]
    return ok({"sessions": [_shown(each, world) for each in wanted[: int(limit)]]})


def _is_of(session: Session, uid: str | None, email: str | None, world: World) -> bool:
    user = world.people.find_uid(session.uid)
    return session.uid == uid or bool(email and user and user.email == email)


def _shown(session: Session, world: World) -> dict[str, Any]:
    user = world.people.find_uid(session.uid)
    return {
        "userId": user.id if user else "",
        "sessionId": session.id,
        "createdTime": str(session.created),
        "fsUrl": f"{_APP}/{session.id.replace(':', '%3A')}",
    }
