"""The panels of the page, each a question a person asks of the sandbox."""

from dataclasses import asdict, fields
from itertools import islice
from typing import Any

import orjson

from fsdest.sandbox.ledger import Ledger
from fsdest.sandbox.markup import (
    Html,
    badge,
    button,
    clock,
    code,
    field,
    panel,
    select,
    table,
    text,
)
from fsdest.sandbox.people import User
from fsdest.sandbox.settings import Settings
from fsdest.sandbox.webhooks import EVENT_TYPES
from fsdest.sandbox.world import World

_ROWS = 12  # of the newest things
_REQUESTS = 25
_COUNTS = {
    "users": "Users",
    "events": "Events",
    "jobs": "Import jobs",
    "jobs_in_progress": "In progress",
    "requests": "Requests",
    "effects": "Effects",
}


def header(*, is_live: bool) -> Html:
    """What this is, whether it renews itself, and the way back to nothing."""
    live = (
        '<a class="button" href="/_sandbox/">Stop</a>'
        if is_live
        else '<a class="button" href="/_sandbox/?live=1">Keep up to date</a>'
    )
    return Html(
        "<header><div><h1>Sandbox</h1><p>A FullStory of our own: nothing here leaves this machine."
        f'</p></div><div class="actions">{live}{button("Forget everything", "reset", "danger")}'
        "</div></header>"
    )


def counts(numbers: dict[str, Any]) -> Html:
    """How much there is."""
    tiles = "".join(
        f"<div><dt>{label}</dt><dd>{numbers[name]:,}</dd></div>" for name, label in _COUNTS.items()
    )
    return Html(f'<dl class="counts">{tiles}</dl>')


def requests(ledger: Ledger) -> Html:
    """What arrived."""
    newest = list(ledger.read_requests(max(0, ledger.requests - _REQUESTS)))[::-1]
    rows = (
        (
            clock(each["time"]),
            _status(each["status"]),
            each["method"],
            code(each["path"] + (f"?{each['query']}" if each.get("query") else "")),
            f"{each['bytes']:,}",
            code(each["idempotency_key"]) if each["idempotency_key"] else None,
        )
        for each in newest
    )
    shown = table(
        ("Time (UTC)", "Status", "Method", "Path", "#Bytes", "Idempotency-Key"),
        rows,
        nothing="Nothing arrived yet.",
        name="Requests",
    )
    return panel("What arrived", shown, note=f"The newest {_REQUESTS} requests")


def _status(status: int | None) -> Html:
    if status is None:
        return badge("no answer", "busy")
    return badge(status, "good" if status < 300 else "bad")


def people(world: World, uid: str) -> Html:
    """Who is known: the newest, or the one asked for."""
    if uid:
        user = world.people.find_uid(uid)
        found = [user] if user else []
    else:
        newest = (world.people.by_id.get(id) for id in reversed(world.people.order))
        found = list(islice((user for user in newest if user), _ROWS))
    shown = table(
        ("uid", "Name", "Email", "Properties", "Id"),
        (_person(user) for user in found),
        nothing=f"No user has the uid {uid}." if uid else "No users yet.",
        name="Users",
    )
    form = (
        '<form class="fields" method="get" action="/_sandbox/">'
        + field("Find a uid", "uid", value=uid)
        + '<button class="button">Find</button></form>'
    )
    return panel("Users", form, shown, note="" if uid else f"The newest {_ROWS}")


def _person(user: User) -> tuple[Any, ...]:
    properties = user.properties.decode()
    cut = properties if len(properties) <= 120 else properties[:119] + "…"
    name = user.uid or badge("anonymous")
    leaving = Html(f"{text(name)} {badge('being deleted', 'busy')}")
    return (
        leaving if user.gone_at else name,
        user.display_name,
        user.email,
        code(cut) if cut else None,
        code(user.id),
    )


def jobs(world: World) -> Html:
    """The import jobs."""
    tones = {"COMPLETED": "good", "FAILED": "bad", "PROCESSING": "busy"}
    rows = []
    for job in islice(reversed(world.jobs.all.values()), _ROWS):
        status = job.status(world.settings)
        imports, errors = f"{job.imported:,}", f"{len(job.errors):,}"
        row = (code(job.id), job.family, badge(status, tones[status]), f"{job.size:,}")
        rows.append((*row, imports, errors))
    shown = table(
        ("Job", "Of", "Status", "#Items", "#Imported", "#Failed"),
        rows,
        nothing="No import jobs yet.",
        name="Import jobs",
    )
    return panel("Import jobs", shown)


def events(world: World) -> Html:
    """The newest events."""
    newest = [orjson.loads(event) for event in islice(reversed(world.stream.kept), _ROWS)]
    rows = (
        (
            each.get("timestamp"),
            each.get("name"),
            (each.get("user") or {}).get("uid"),
            code(orjson.dumps(each.get("properties") or {}).decode()[:120]),
        )
        for each in newest
    )
    shown = table(
        ("Time", "Event", "uid", "Properties"), rows, nothing="No events yet.", name="Events"
    )
    return panel("Events", shown)


def webhooks(world: World) -> Html:
    """The endpoints, what was sent to them, and a button to send more."""
    ends = (
        (
            code(each.url),
            badge("enabled", "good") if each.enabled else badge("disabled"),
            ", ".join(kind["eventName"] for kind in each.event_types),
        )
        for each in world.endpoints.values()
    )
    sent = (
        (each.created, each.event_name, code(each.endpoint), each.tries, _outcome(each))
        for each in islice(reversed(world.deliveries.kept), _ROWS)
    )
    form = (
        '<form class="fields" method="post" action="/_sandbox/do/emit">'
        + select("Event", "event_name", ((k, v[0]) for k, v in EVENT_TYPES.items()))
        + '<button class="button">Send to the endpoints</button></form>'
    )
    heads = ("Begun", "Event", "To", "#Tries", "Outcome")
    return panel(
        "Webhooks",
        table(("Endpoint", "State", "Events"), ends, nothing="No endpoints yet.", name="Endpoints"),
        form,
        table(heads, sent, nothing="Nothing was sent yet.", name="Deliveries"),
    )


def _outcome(delivery: Any) -> Html:
    if not delivery.is_done:
        return badge("under way", "busy")
    if delivery.status is None:
        return badge(delivery.problem, "bad")
    return badge(delivery.status, "good" if delivery.status < 300 else "bad")


def choices(settings: Settings) -> Html:
    """Every setting, to be read and changed."""
    values = asdict(settings)
    inputs = "".join(
        field(each.name, each.name, value=values[each.name]) for each in fields(settings)
    )
    return Html(
        '<details class="card"><summary><h2>Settings</h2></summary>'
        '<form class="fields" method="post" action="/_sandbox/do/settings">'
        f'{inputs}<button class="button primary">Save</button></form></details>'
    )
