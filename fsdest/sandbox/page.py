"""`/_sandbox/`: what arrived and what is to go wrong, for a person. It works without a script."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from fsdest.sandbox import commands, fault_panel, faults, panels, settings
from fsdest.sandbox.calls import Call
from fsdest.sandbox.playing import Player
from fsdest.sandbox.replies import NOT_FOUND, Reply
from fsdest.sandbox.views import Answer
from fsdest.sandbox.world import World

_POLICY = (
    b"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
_HTML = b"text/html; charset=utf-8"
_REFRESH_S = 2


def _page(call: Call, world: World, player: Player, rest: str) -> Reply:
    if rest:
        return NOT_FOUND
    if not call.path.endswith("/"):
        return Reply(308, headers=((b"location", b"/_sandbox/"),))
    is_live, problem = call.query.get("live") == "1", call.query.get("problem", "")
    body = "".join(
        (
            panels.header(is_live=is_live),
            f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else "",
            panels.counts(world.counts()),
            panels.requests(world.ledger),
            fault_panel.faults_now(world, player),
            panels.people(world, call.query.get("uid", "")),
            panels.jobs(world),
            panels.events(world),
            panels.webhooks(world),
            panels.choices(world.settings),
        )
    )
    live = f'<meta http-equiv="refresh" content="{_REFRESH_S}">' if is_live else ""
    text = _FRAME.format(live=live, body=body)
    return Reply(200, text.encode(), ((b"content-security-policy", _POLICY),), _HTML)


_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">{live}
<title>Sandbox</title>
<link rel="stylesheet" href="/_sandbox/page.css">
</head>
<body>
<main>{body}</main>
</body>
</html>
"""


def _style(_call: Call, _world: World, _player: Player, _rest: str) -> Reply:
    return Reply(200, _css(), content_type=b"text/css; charset=utf-8")


@cache
def _css() -> bytes:
    return Path(__file__).with_name("page.css").read_bytes()


def _do(call: Call, world: World, player: Player, rest: str) -> Reply:
    """A button was pressed: do it, then back to the page."""
    form = {k: v[-1] for k, v in parse_qs(call.body.decode(errors="replace")).items()}
    problem = ""
    match rest:
        case "reset":
            player.release()
            world.forget()
        case "release":
            player.release()
        case "remove":
            world.faults.remove(int(form["id"]) if form.get("id", "").isdecimal() else None)
        case "fault":
            problem = _add(form, world)
        case "emit":
            commands.emit(form.get("event_name", ""), {}, world)
        case "settings":
            problem = _change(form, world)
        case _:
            return NOT_FOUND
    query = f"?problem={quote(problem)}" if problem else ""
    return Reply(303, headers=((b"location", f"/_sandbox/{query}".encode()),))


def _add(form: dict[str, str], world: World) -> str:
    """Put the form's fault in force; return what is wrong with it, if anything is."""
    fault: dict[str, Any] = {"kind": form.get("kind", ""), "route": form.get("route", "*")}
    try:
        for name in ("times", "nth", "status"):
            if form.get(name):
                fault[name] = int(form[name])
        for name in ("delay_s", "for_s"):
            if form.get(name):
                fault[name] = float(form[name])
        if form.get("retry_after"):
            fault["headers"] = {"Retry-After": form["retry_after"]}
        world.faults.add(faults.parse(fault))
    except (ValueError, faults.BadFaultError) as bad:
        return str(bad)
    return ""


def _change(form: dict[str, str], world: World) -> str:
    try:
        settings.change(world.settings, dict(form))
    except settings.UnknownSettingError as bad:
        return str(bad)
    return ""


ANSWERS: dict[tuple[str, str], Answer] = {
    ("GET", ""): _page,
    ("GET", "page.css"): _style,
    ("POST", "do"): _do,
}
