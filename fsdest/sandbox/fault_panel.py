"""The panel of faults: those in force, and a form for one more."""

from fsdest.sandbox.faults import Kind
from fsdest.sandbox.markup import Html, button, code, field, panel, select, table
from fsdest.sandbox.playing import Player
from fsdest.sandbox.world import World

_KINDS = {
    Kind.STATUS: "Answer a status",
    Kind.DELAY: "Work late",
    Kind.DELAY_REPLY: "Answer late",
    Kind.DRIP: "Answer in drips",
    Kind.CUT_BEFORE: "Cut before the work",
    Kind.CUT_AFTER: "Cut after the work",
    Kind.CUT_MIDWAY: "Cut in the answer",
    Kind.TRUNCATE: "Half the JSON",
    Kind.HTML: "HTML with 200",
    Kind.CONTENT_TYPE: "Wrong content type",
    Kind.OVERSIZE: "A huge body",
    Kind.GZIP_BOMB: "A gzip bomb",
    Kind.REFUSE: "Refuse connections",
    Kind.BARRIER: "Hold before the work",
    Kind.BARRIER_REPLY: "Hold after the work",
}
_ROUTES = (
    ("*", "Every call"),
    ("POST /v2/users", "POST /v2/users"),
    ("* /v2/users/batch*", "Users batch"),
    ("POST /v2/events", "POST /v2/events"),
    ("* /v2/events/batch*", "Events batch"),
    ("GET /me", "GET /me"),
)


def faults_now(world: World, player: Player) -> Html:
    """What is to go wrong."""
    rows = (
        (
            _KINDS[fault.kind] + (f" {fault.status}" if fault.kind is Kind.STATUS else ""),
            code(fault.route),
            f"{fault.played:,}" + (f" of {fault.times:,}" if fault.times else ""),
            button("Remove", "remove", "small", id=fault.id),
        )
        for fault in world.faults.all.values()
    )
    shown = table(
        ("Fault", "Calls", "#Played", "Action"), rows, nothing="Nothing goes wrong.", name="Faults"
    )
    held = button(f"Release {player.held} held", "release") if player.held else ""
    form = (
        '<form class="fields" method="post" action="/_sandbox/do/fault">'
        + select("What happens", "kind", ((kind, label) for kind, label in _KINDS.items()))
        + select("To which calls", "route", _ROUTES)
        + field("How often", "times", kind="number", hint="always")
        + field("Status", "status", kind="number", hint="500")
        + field("Retry-After", "retry_after", hint="none")
        + field("Seconds", "delay_s", hint="1")
        + field("For seconds", "for_s", hint="ever")
        + '<button class="button primary">Add fault</button></form>'
    )
    return panel("Faults", shown, held, form)
