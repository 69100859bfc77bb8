"""From an outcome to the entries of the books."""

from datetime import datetime

from fsdest.delivery.calls import Call, Fate, Outcome
from fsdest.delivery.ledger import Entries
from fsdest.models import ImportJob, Lane, Parked, QuarantinedRecord, Version
from fsdest.payloads.build import Rejected
from fsdest.records import ranges


class Settler:
    """Turns what became of a lane's calls into entries, until the next checkpoint takes them."""

    def __init__(self, lane: Lane, versions: dict[int, Version]) -> None:
        self._lane = lane
        self._versions = versions
        self.entries = Entries()

    def take(self) -> Entries:
        """Return the entries so far and begin anew."""
        entries, self.entries = self.entries, Entries()
        return entries

    def settle(self, outcome: Outcome, *, now: datetime) -> bool:
        """Take in `outcome`; False where it leaves its records as they were."""
        call, entries = outcome.call, self.entries
        entries.exchanges += outcome.exchanges
        match outcome.fate:
            case Fate.LEFT:
                self._remember_generation(call)
                return False
            case Fate.DELIVERED:
                entries.delivered += len(call.payloads)
            case Fate.ACCEPTED:
                entries.jobs.append(self._job(outcome, now))
            case Fate.QUARANTINED:
                entries.quarantined += self._quarantined(outcome, now)
            case Fate.PARKED:
                entries.parked += self._parked(outcome, now)
        if not call.is_parked:
            entries.taken += len(call.payloads)
        elif outcome.fate is not Fate.PARKED:
            entries.unparked += call.offsets
        return True

    def reject(
        self,
        rejected: Rejected,
        version: Version,
        *,
        is_parked: bool,
        generation: int = 0,
        now: datetime,
    ) -> None:
        """Set aside a record that no request can be built from; no call is made for it.

        `generation` is that of a parked one: what was sent under it before stays remembered.
        """
        if is_parked:
            self.entries.unparked.append(rejected.offset)
        else:
            self.entries.taken += 1
        self.entries.quarantined.append(
            QuarantinedRecord(
                destination_id=self._lane.destination_id,
                lane=self._lane,
                version=version,
                offset=rejected.offset,
                code=rejected.code,
                reason=rejected.reason[:500],
                generation=generation,
                quarantined_at=now,
            )
        )

    def _remember_generation(self, call: Call) -> None:
        if call.generation and not call.is_parked:
            self._lane.slice_generations[str(call.offsets[0])] = call.generation

    def _job(self, outcome: Outcome, now: datetime) -> ImportJob:
        return ImportJob(
            destination_id=self._lane.destination_id,
            lane=self._lane,
            version=self._versions[outcome.call.version],
            job_id=outcome.verdict.job_id,
            offsets=ranges.pack(outcome.call.offsets),
            records=len(outcome.call.payloads),
            created_at=now,
            due_at=now,
        )

    def _quarantined(self, outcome: Outcome, now: datetime) -> list[QuarantinedRecord]:
        call, verdict = outcome.call, outcome.verdict
        return [
            QuarantinedRecord(
                destination_id=self._lane.destination_id,
                lane=self._lane,
                version=self._versions[call.version],
                offset=payload.offset,
                order_key=payload.order_key[:300],
                code=verdict.code[:100] or "refused",
                reason=verdict.reason[:500],
                message=verdict.message,
                reply_status=outcome.status,
                attempts=call.attempts + 1,
                generation=call.generation,
                quarantined_at=now,
            )
            for payload in call.payloads
        ]

    def _parked(self, outcome: Outcome, now: datetime) -> list[Parked]:
        call = outcome.call
        return [
            Parked(
                destination_id=self._lane.destination_id,
                lane=self._lane,
                version=self._versions[call.version],
                offset=payload.offset,
                order_key=payload.order_key[:300],
                due_at=now + outcome.due_in,
                attempts=call.attempts,
                generation=call.generation,
                reason=outcome.verdict.reason[:500],
                parked_at=now,
            )
            for payload in call.payloads
        ]
