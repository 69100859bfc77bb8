"""One thread's work: make a call until its outcome is known. No ORM here.

A Sender never decides what the books say; it hands Outcomes to the shift, which settles them.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fsdest.delivery import backoff, partial
from fsdest.delivery.brake import Brake, Reason, Stop
from fsdest.delivery.calls import BEHIND, Call, Exchange, Fate, Outcome
from fsdest.delivery.gate import PATIENCE_S, Gate
from fsdest.delivery.tally import Tally
from fsdest.delivery.width import is_too_much
from fsdest.delivery.wire import Sent, Wire
from fsdest.exchange import NoReply, Reply
from fsdest.fullstory import unknown
from fsdest.fullstory.endpoints import Endpoint
from fsdest.fullstory.verdicts import Verdict, VerdictKind, judge
from fsdest.payloads import group
from fsdest.payloads.configuration import Configuration

TRIES = 3  # of one call within a slice; then a single record is parked, a bulk call is left
NO_RETRY_AFTER = timedelta(seconds=5)  # the hold after a 429 that does not say how long
GIVE_UP_AFTER = 12  # times that a record was parked: some three hours
LEAVES_BEFORE_STOP = 16  # parts of a split call before "most are refused" counts
FATES = {
    VerdictKind.DELIVERED: Fate.DELIVERED,
    VerdictKind.ACCEPTED: Fate.ACCEPTED,
    VerdictKind.QUARANTINE: Fate.QUARANTINED,
}


@dataclass(slots=True, kw_only=True)
class Sender:
    """Makes calls for one destination, from one thread."""

    new_wire: Callable[[], Wire]
    gate: Gate
    brake: Brake
    tally: Tally
    configurations: Mapping[int, Configuration]  # by version number
    parked_keys: set[str]  # shared: a record of these keys queues behind
    is_bulk: bool
    is_insisting: bool = False  # park what fails in general: it may be a clump of bad records
    _wires: list[Wire] = field(default_factory=list)  # the first, and more for calls at once
    _exchanges: list[Exchange] = field(default_factory=list)
    _leaves: list[tuple[int, bool]] = field(default_factory=list)  # of a split call: see _ended

    def make(self, call: Call) -> list[Outcome]:
        """Make `call`, and the smaller calls that a refusal of it leads to."""
        if self.parked_keys and not self.is_bulk and self._waits_behind(call):
            return [Outcome(fate=Fate.PARKED, call=call, verdict=BEHIND)]
        self._leaves.clear()
        return self._outcomes(call)

    def make_at_once(self, calls: Sequence[Call]) -> list[Outcome]:
        """Make `calls`, no two of one order key: all are sent before the first reply is read."""
        outcomes: list[Outcome] = []
        sent: list[tuple[Call, Sent]] = []
        left = list(reversed(calls))
        while left and self.gate.enter_now():
            call = left.pop()
            if self.parked_keys and self._waits_behind(call):
                self.gate.leave()
                outcomes.append(Outcome(fate=Fate.PARKED, call=call, verdict=BEHIND))
                continue
            each = self._send(call, over=len(sent))
            if not each.is_under_way:  # it would only begin once the others are back
                self.gate.leave()
                left.append(call)
                break
            sent.append((call, each))
        # All turns are given back, and waits taken in, before any of them is tried again.
        told = [(call, self._told(call, each)) for call, each in sent]
        for call, exchange in told:
            self._leaves.clear()
            outcomes += self._outcomes(call, told=exchange)
        while left:
            outcomes += self.make(left.pop())
        return outcomes

    def close(self) -> None:
        """Close the connections."""
        for wire in self._wires:
            wire.line.close()

    @property
    def _tries(self) -> int:
        return 1 if self.brake.is_probe else TRIES

    def _waits_behind(self, call: Call) -> bool:
        key = "" if call.is_parked else call.payloads[0].order_key
        return bool(key) and key in self.parked_keys

    def _outcomes(
        self, call: Call, *, tries: int = 0, told: Exchange | None = None
    ) -> list[Outcome]:
        failed: Verdict | None = None
        while told or self.gate.enter():
            exchange = told or self._told(call, self._send(call))
            told = None
            self._exchanges.append(exchange)
            verdict, status = exchange.verdict, exchange.status
            match verdict.kind:
                case VerdictKind.HOLD:
                    continue
                case VerdictKind.SPLIT:
                    return self._halves(call)
                case VerdictKind.HALT:
                    self.brake.pull(Reason(Stop.HALT, verdict.reason, blames=verdict.blames))
                    return [self._left(call, verdict)]
                case VerdictKind.RETRY:
                    tries, failed = tries + 1, verdict
                    call = replace(call, was_tried=call.was_tried or verdict.is_unknown)
                    if verdict.next_generation:
                        call = replace(call, generation=call.generation + 1)
                    if self._is_to_be_split(call, status, tries):
                        return self._halves(call, tries=TRIES - 1)
                    if tries >= self._tries or call.is_parked or self.tally.is_general():
                        return [self._put_off(replace(call, attempts=call.attempts + 1), verdict)]
                    pause = backoff.wait(tries, verdict.wait, jitter=random.random())  # noqa: S311
                    self.brake.sleep(min(pause.total_seconds(), PATIENCE_S))
                case _ if verdict.errors:
                    return self._ended_partly(call, verdict, status)
                case _:
                    return [self._ended(call, verdict, status)]
        if failed and self.is_insisting:
            return [self._put_off(replace(call, attempts=call.attempts + 1), failed)]
        return [self._left(call, None)]

    def _send(self, call: Call, *, over: int = 0) -> Sent:
        while over >= len(self._wires):
            self._wires.append(self.new_wire())
        return self._wires[over].send(call, self.configurations[call.version])

    def _told(self, call: Call, sent: Sent) -> Exchange:
        """Wait for the reply, give the turn back, and judge; if it asks to wait, all do."""
        configuration = self.configurations[call.version]
        try:
            reply = sent.reply()
        finally:
            self.gate.leave()
        if is_too_much(reply):
            self.gate.width.narrow()
        status = reply.status if isinstance(reply, Reply) else None
        verdict = self._judged(call, configuration.endpoint, reply, status, sent.at)
        if verdict.kind is VerdictKind.HOLD:
            self.gate.pace.hold((verdict.wait or NO_RETRY_AFTER).total_seconds())
        return sent.exchange(call, reply, verdict)

    def _judged(
        self,
        call: Call,
        endpoint: Endpoint,
        reply: Reply | NoReply,
        status: int | None,
        at: datetime,
    ) -> Verdict:
        verdict = judge(
            reply,
            records=len(call.payloads),
            follow=endpoint.follow,
            is_idempotent=endpoint.is_idempotent,
            may_be_empty=endpoint.may_reply_empty,
            now=at,
        )
        if not call.is_parked:  # those failed before: they say nothing of all the others
            self.tally.count(is_failure=verdict.kind is VerdictKind.RETRY)
        was_tried = call.was_tried or call.attempts > 0
        return unknown.resolve(verdict, endpoint.when_unknown, status=status, was_tried=was_tried)

    def _is_to_be_split(self, call: Call, status: int | None, tries: int) -> bool:
        """Whether a batch, which alone keeps failing with an answer, holds a record to blame."""
        is_answered = status is not None and len(call.payloads) > 1
        is_lasting = self.is_insisting and tries >= self._tries
        return is_answered and is_lasting and not self.tally.is_general()

    def _halves(self, call: Call, *, tries: int = 0) -> list[Outcome]:
        """Find the guilty records by halving; where most are refused, it is not the records."""
        outcomes: list[Outcome] = []
        for part in group.halves(call.payloads):
            if self._most_are_refused():
                self.brake.pull(Reason(Stop.HALT, "FullStory refuses most records of this batch."))
            outcomes += self._outcomes(replace(call, payloads=part), tries=tries)
        return outcomes

    def _most_are_refused(self) -> bool:
        """Whether so much is known. Records count, not parts: a few bad ones in a row make as many
        parts as all the good ones around them."""
        refused = sum(records for records, is_refused in self._leaves if is_refused)
        known = sum(records for records, _ in self._leaves)
        return len(self._leaves) >= LEAVES_BEFORE_STOP and refused * 2 > known

    def _ended(self, call: Call, verdict: Verdict, status: int | None) -> Outcome:
        self._leaves.append((len(call.payloads), verdict.kind is VerdictKind.QUARANTINE))
        return self._outcome(FATES[verdict.kind], call, verdict, status=status)

    def _ended_partly(self, call: Call, verdict: Verdict, status: int | None) -> list[Outcome]:
        exchange = self._exchanges.pop()
        outcomes = []
        for part, its in partial.parts(call, verdict):
            self._exchanges.append(replace(exchange, offsets=part.offsets, verdict=its))
            exchange = replace(exchange, wants_echo=False)  # one answer is one record
            outcomes.append(self._ended(part, its, status))
        return outcomes

    def _put_off(self, call: Call, verdict: Verdict) -> Outcome:
        """Park a single record; leave several, or all calls where failures are general.

        A clump of records that fail each time looks general too. So that those behind it get
        through, the few of a shift are parked all the same once it has lasted.
        """
        is_alone = len(call.payloads) == 1
        may_park = self.is_insisting and (self.brake.is_probe if call.is_parked else is_alone)
        is_failed_probe = self.brake.is_probe and not may_park
        if self.tally.is_general() or is_failed_probe or not (is_alone or call.is_parked):
            self.brake.pull(Reason(Stop.FAILING, verdict.reason, verdict.wait or timedelta(0)))
            if not may_park:
                return self._left(call, verdict)
        if call.attempts >= GIVE_UP_AFTER:
            return self._outcome(Fate.QUARANTINED, call, verdict)
        self.parked_keys.update(payload.order_key for payload in call.payloads)
        pause = backoff.wait(call.attempts + TRIES, verdict.wait, jitter=random.random())  # noqa: S311
        return self._outcome(Fate.PARKED, call, verdict, due_in=pause)

    def _left(self, call: Call, verdict: Verdict | None) -> Outcome:
        return self._outcome(Fate.LEFT, call, verdict or Verdict(VerdictKind.RETRY, "Not sent."))

    def _outcome(
        self,
        fate: Fate,
        call: Call,
        verdict: Verdict,
        *,
        status: int | None = None,
        due_in: timedelta = timedelta(0),
    ) -> Outcome:
        exchanges, self._exchanges = self._exchanges, []
        return Outcome(
            fate=fate, call=call, verdict=verdict, status=status, due_in=due_in, exchanges=exchanges
        )
