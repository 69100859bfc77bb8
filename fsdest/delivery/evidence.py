"""What a worker was at when it died, as its lane's row keeps it for the next one."""

from dataclasses import dataclass
from typing import Self

from fsdest.delivery import presence
from fsdest.models import Lane
from fsdest.records import ranges
from fsdest.records.ranges import Ranges

DEATHS = 2  # of workers that were at nothing else; before those, two had died among other records
DEATHS_IN_WAIT = (
    8  # the same, where they had long waited for an answer: others may have killed them
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a worker is at, or was at when it died."""

    owner: str = ""
    offsets: Ranges
    deaths: int = 0  # of earlier workers that were at exactly this
    is_sent: bool = False  # a call was begun
    waits: bool = False  # for long: what kills a worker does so at once
    is_repeatable: bool = False  # twice does the same as once
    has_failed: bool = False  # its worker lived to tell: a bug ended its shift

    @classmethod
    def against(cls, lane: Lane) -> Self:
        """Return what the row of `lane`, just claimed, tells of those who had it before; without
        offsets if nobody died."""
        if not lane.on_trial:
            return cls(offsets=[])
        kept = cls(**lane.on_trial)
        died = kept.has_failed or not presence.lives(kept.owner)
        return cls(**lane.on_trial | {"deaths": kept.deaths + 1}) if died else cls(offsets=[])

    @property
    def is_proof(self) -> bool:
        """Whether it is this, and nothing else, that its workers died of."""
        return self.deaths >= (DEATHS_IN_WAIT if self.waits else DEATHS)

    @property
    def splits(self) -> bool:
        """Whether it is to be sent in halves, to find which record of a batch is to blame."""
        is_batch = self.is_sent and ranges.count(self.offsets) > 1
        return self.is_proof and is_batch and self.is_repeatable

    @property
    def is_final(self) -> bool:
        """Whether its records are to be set aside."""
        is_one = ranges.count(self.offsets) == 1
        return self.is_proof and (is_one or (self.is_sent and not self.is_repeatable))

    @property
    def reason(self) -> str:
        """Why they are, for a person."""
        is_batch = ranges.count(self.offsets) > 1
        what = (
            "sending the batch that this record was in"
            if is_batch
            else ("building or sending this record")
        )
        done = ""
        if self.is_sent and self.is_repeatable:
            done = " It may have been carried out; twice does the same as once."
        elif self.is_sent:
            done = " It may have been carried out: look for it there before you send it again."
        return f"Its worker died three times while {what}.{done}"


NOTHING = Evidence(offsets=[])
