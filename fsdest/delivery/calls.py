"""What a worker does, as values: a Call to make, and the Outcome that the books take in.

They are not frozen, though nobody changes them: to make a frozen one takes three times as long, and
each call makes several.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.payloads import runs
from fsdest.payloads.runs import Run

BEHIND = Verdict(VerdictKind.RETRY, "Waits behind an earlier record of the same user.")


@dataclass(slots=True, kw_only=True)
class Call:
    """Payloads that travel together. `attempts` and `generation` count earlier tries."""

    payloads: Run
    version: int  # number of the configuration version that built them
    generation: int = 0
    attempts: int = 0
    is_parked: bool = False  # its records come from the parked ones, not from the cursor
    was_tried: bool = False  # an earlier call of it may have been carried out

    @property
    def offsets(self) -> Sequence[int]:
        return runs.offsets(self.payloads)


class Fate(StrEnum):
    """What became of the records of a call."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"  # an import job took them
    QUARANTINED = "quarantined"
    PARKED = "parked"  # to be tried again at `due_in`
    LEFT = "left"  # nothing changed: still pending, or still parked


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One call as the books keep it."""

    at: datetime
    elapsed: timedelta
    offsets: Sequence[int]
    version: int
    generation: int
    status: int | None  # HTTP status; None: no reply
    verdict: Verdict
    method: str = ""
    url: str = ""
    wants_echo: bool = False  # the reply becomes a record
    reply: bytes = b""  # the beginning of its body, if so


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The end of a call, or of a part of one that was split."""

    fate: Fate
    call: Call
    verdict: Verdict
    status: int | None = None
    due_in: timedelta = timedelta(0)
    exchanges: list[Exchange] = field(default_factory=list)  # all calls made since the last outcome

    @property
    def is_through(self) -> bool:
        """Whether the other side took part in it, if only to refuse a record."""
        return self.fate is not Fate.LEFT and self.verdict.kind is not VerdictKind.RETRY


def never_answered(call: Call, verdict: Verdict, *, at: datetime) -> Exchange:
    """Return the entry of a call that a worker began before it died."""
    return Exchange(
        at=at,
        elapsed=timedelta(0),
        offsets=call.offsets,
        version=call.version,
        generation=call.generation,
        status=None,
        verdict=verdict,
    )
