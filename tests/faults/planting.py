"""Where the traps are: each point at which the death of a process matters. See planted.py."""

from datetime import timedelta
from typing import Any

from fsdest import sweep
from fsdest.delivery import control, ledger, presence, prune, quarantine
from fsdest.delivery.follow import Following
from fsdest.delivery.gate import Gate
from fsdest.delivery.wire import Sent, Wire
from fsdest.ingest import claims, reading
from fsdest.payloads import group, runs
from fsdest.payloads.build import Renderer
from tests.faults.planted import after, always_before, before, between, has_entries, is_true

KILLS_BUILDERS, KILLS_SENDERS = "kills who builds it", "kills who sends it"
SHORT_LEASE = timedelta(seconds=6)  # of a reader of a file: nobody is to wait for a minute


def plant_in_shifts() -> None:
    """Traps on the way of a record from the lane to FullStory and into the books."""
    after(ledger, "claim", "after-claim", where=is_true)
    after(ledger, "cut", "after-cut", where=is_true)
    after(Gate, "_may_take", "after-limiter", where=is_true)
    before(Wire, "send", "before-send")
    after(Wire, "send", "after-send")
    after(Sent, "reply", "after-reply")
    before(ledger, "checkpoint", "before-commit", where=has_entries)
    before(ledger, "_insert", "mid-checkpoint", where=has_entries)
    after(ledger, "checkpoint", "after-commit", where=has_entries)
    before(ledger, "give_back", "before-give-back")
    after(ledger, "give_back", "after-give-back")
    between(group, "halves", "mid-split")


def plant_in_rounds() -> None:
    """Traps in what workers do besides: sweep, follow import jobs, read files."""
    between(presence, "_dead", "mid-sweep")
    after(sweep, "_wake_idle_lanes", "mid-sweep")
    before(Following, "_settle", "before-job-settled")
    before(Following, "_quarantined", "mid-job-settled")
    after(reading.Reading, "_put", "mid-ingest")
    claims.LEASE = reading.LEASE = SHORT_LEASE


def plant_in_deeds() -> None:
    """Traps in what a person sets going."""
    before(control, "_turned", "mid-activate")
    before(quarantine, "_close", "mid-release")
    after(prune, "_delete_exactly", "mid-prune")


def poison() -> None:
    """Make records deadly: whoever builds them dies, or whoever sends them."""

    def is_deadly_to_build(args: tuple[Any, ...], _answer: Any) -> bool:
        return KILLS_BUILDERS.encode() in args[2]

    def is_deadly_to_send(args: tuple[Any, ...], _answer: Any) -> bool:
        return any(KILLS_SENDERS.encode() in item for item in runs.items(args[1].payloads))

    always_before(Renderer, "build", where=is_deadly_to_build)
    always_before(Wire, "send", where=is_deadly_to_send)


poison()
plant_in_shifts()
plant_in_rounds()
plant_in_deeds()
