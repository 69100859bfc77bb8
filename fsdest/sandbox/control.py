"""The sandbox's own interface, `/_sandbox/...`: what was received, what is to go wrong, a reset.

`README.md` describes it for those who write clients against it. `views.py` reads, `commands.py`
acts, `page.py` shows it all to a person.
"""

from fsdest.sandbox import commands, page, views
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.playing import Player
from fsdest.sandbox.replies import NOT_FOUND, Reply, error
from fsdest.sandbox.world import World

PREFIX = "/_sandbox"
_HEALTHY = Reply(200, b'{"status":"ok"}')
_FOREIGN = error(403, "The call came from another site's page", "forbidden")
_ANSWERS = page.ANSWERS | views.ANSWERS | commands.ANSWERS


def answer(call: Call, world: World, player: Player) -> Reply:
    """Answer a call to the control interface, or to `/healthz`."""
    if call.path == "/healthz":
        return _HEALTHY
    name, _, rest = call.path.removeprefix(PREFIX).strip("/").partition("/")
    found = _ANSWERS.get((call.method, name))
    if found is None:
        return NOT_FOUND
    if call.method != "GET" and _is_foreign(call):
        return _FOREIGN
    try:
        return found(call, world, player, rest)
    except Refusal as refusal:
        return refusal.reply


def _is_foreign(call: Call) -> bool:
    """Tell whether a browser sent the call for a page that is not ours."""
    origin = call.headers.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] != call.headers.get(b"host")
