"""Work one lane: claim, read, build, group, send, judge, settle. Start reading here.

A shift is one worker's time with one lane. It tries again what is parked and due, then cuts slices
and sends them, writing a checkpoint every so often, until time is up or something stops it; then it
gives the lane back with the moment at which it is due next.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from fsdest import hints, logs
from fsdest.delivery import breaker, control, killers, ledger, schedule
from fsdest.delivery.begun import Begun
from fsdest.delivery.brake import Reason, Stop
from fsdest.delivery.calls import Call, Outcome
from fsdest.delivery.crew import Crew
from fsdest.delivery.gear import Gear
from fsdest.delivery.meter import meter
from fsdest.delivery.ready import Ready
from fsdest.delivery.settling import Settler
from fsdest.delivery.trial import Trial
from fsdest.delivery.window import Window
from fsdest.models import Destination, Lane
from fsdest.vault import CannotUnseal

log = logging.getLogger(__name__)

SHIFT = timedelta(seconds=20)  # then another lane may have the worker
SHORT_SHIFT = timedelta(seconds=2)  # if another destination waits for one
CLOSED_WAIT = timedelta(seconds=15)  # until a lane whose credential does not open is tried again
LOOK_EVERY = timedelta(milliseconds=250)  # at the clock, the destination, the books
LOOK_AFTER = 8  # calls given: to look at the clock costs as much as to give one
RENEWALS = 18  # within a lease, when there is nothing to write down
CHECKPOINT_CALLS = 1_000
CHECKPOINT_RECORDS = 50_000
Clock = Callable[[], datetime]


def work(lane_id: int, *, clock: Clock) -> None:
    """Work one lane for up to a shift, if it is due and nobody else does.

    Safe to run twice, at once or again: the lease lets one in, and the books know what is left.
    """
    lane = ledger.claim(lane_id, now=clock())
    if lane is None:
        return
    try:
        with logs.about(lane=lane.number, destination=str(lane.destination_id)):
            killers.set_aside(lane, now=clock())
            Shift(lane, clock).work()
    except ledger.LostLeaseError as lost:
        log.warning("%s: another worker may have it; nothing was written", lost)
    except CannotUnseal as closed:  # before a call was made; a worker with the right keys can
        log.error("%s: %s", lane, closed)
        due = ledger.Due(clock() + CLOSED_WAIT, str(closed), lane.failures)
        ledger.give_back(lane, due, lane.slice_end, lane.begun, lane.on_trial)


class Shift:
    """One worker's time with one lane."""

    def __init__(self, lane: Lane, clock: Clock) -> None:
        self.lane = lane
        self.clock = clock
        self.gear = Gear(lane)
        self.brake = self.gear.brake
        self.window = Window(lane.cursor, lane.ahead)
        self.settler = Settler(lane, self.gear.versions)
        self.begun = Begun(lane)
        self.trial = Trial(lane, self.gear, self.window)
        self.ready = Ready(
            lane, self.gear, self.window, self.settler, self.begun, self.trial, clock
        )
        self.started_at = self.looked_at = self.written_at = clock()
        self.sent_to = max(lane.cursor, lane.slice_end)  # no call went beyond this offset

    def work(self) -> None:
        """Send what is due until something stops it, then give the lane back."""
        self._allow_calls()
        if hold := schedule.hold(self.lane, now=self.clock()):
            self.gear.pace.hold(hold.wait.total_seconds())  # Redis may have forgotten it
            self.brake.pull(hold)
        self._enter_breaker()
        with self.gear.crew() as crew:
            try:
                if not self._is_failing:
                    self._send_parked(crew)
                while self._goes_on() and ledger.cut(self.lane, size=self.gear.slice):
                    self._send(crew, self.ready.of_slice())
                if self._is_failing:  # an outage must not use up what parked records have left
                    self._send_parked(crew)
            except BaseException as end:  # a lost lease or a bug must not leave threads sending
                self.brake.pull(Reason(Stop.LOST))
                self.trial.blame(end)
                raise
        self._give_back()

    @property
    def _is_failing(self) -> bool:
        return bool(self.lane.failures) or self.brake.is_probe

    def _enter_breaker(self) -> None:
        if self.brake.is_pulled():
            return
        if tripped := breaker.enter(self.lane, now=self.clock()):
            self.brake.pull(tripped)
        self.brake.is_probe = not tripped and self.lane.destination.probe_at is not None

    def _goes_on(self) -> bool:
        if filling := schedule.filling(self.lane, self.gear.batch):
            self.brake.pull(filling)
        return not self.brake.is_pulled()

    def _send_parked(self, crew: Crew) -> None:
        """Try what is parked and due. One that gets through lets the next of its key follow."""
        while not self.brake.is_pulled() and self._send(crew, self.ready.of_parked()):
            pass

    def _send(self, crew: Crew, calls: Iterable[Call]) -> int:
        """Have `calls` made, a limited number at once, and settle what becomes of them.

        Return how many were begun.
        """
        begun = 0
        calls = self._written_ahead(calls) if self.gear.writes_ahead else calls
        for call in self.trial.calls(calls, self._checkpoint) if self.trial.is_on else calls:
            if self.brake.is_pulled() or self._lacks_room(call):
                break
            crew.give(call)
            begun += 1
            if not call.is_parked:
                self.sent_to = max(self.sent_to, call.offsets[-1] + 1)
            if begun % LOOK_AFTER == 0:
                self._look_around()
            while crew.in_flight and self._is_full(crew):
                self._await(crew)
        while crew.in_flight:
            self._await(crew)
        self._checkpoint()
        return begun

    def _written_ahead(self, calls: Iterable[Call]) -> Iterator[Call]:
        """Yield `calls`, each once it is written down that it may be made."""
        rest = iter(calls)
        while some := list(islice(rest, self.gear.threads)):
            if self.brake.is_pulled():
                return
            ledger.begin(self.lane, self.begun.begin(some))
            yield from some

    def _await(self, crew: Crew) -> None:
        """Settle what comes back within a moment. Nothing may, for long, where FullStory holds."""
        self._settle(crew.made(wait_s=LOOK_EVERY.total_seconds()))
        self._look_around()

    def _is_full(self, crew: Crew) -> bool:
        most = 1 if self.brake.is_probe else crew.most(self.gear.in_flight)
        return crew.in_flight >= most or len(self.window) >= self.gear.window

    def _lacks_room(self, call: Call) -> bool:
        """Whether FullStory's import limits leave no room for `call`; then the slice stops."""
        if not self.gear.configurations[call.version].endpoint.follow:
            return False
        wait = schedule.import_room(self.lane.destination, len(call.payloads))
        if wait:
            self.brake.pull(wait)
        return wait is not None

    def _settle(self, outcomes: list[Outcome]) -> None:
        now = self.clock()
        for outcome in outcomes:
            is_settled = self.settler.settle(outcome, now=now)
            if self.gear.writes_ahead:
                self.begun.end(outcome)
            if is_settled and not outcome.call.is_parked:
                self.window.settle(outcome.call.offsets)
            if self.brake.is_probe and outcome.is_through:
                breaker.close(self.lane, now=now)
                self.brake.is_probe = False
        self.window.cursor()

    def _look_around(self) -> None:
        """Every quarter of a second: is it time, is the destination active, is there to write?"""
        entries, now = self.settler.entries, self.clock()
        is_time = now - self.looked_at >= LOOK_EVERY
        is_much = len(entries.exchanges) >= CHECKPOINT_CALLS or entries.taken >= CHECKPOINT_RECORDS
        if is_much or (is_time and (entries or now - self.written_at >= ledger.lease() / RENEWALS)):
            self._checkpoint()
        if is_time:
            self.looked_at = now
            self.gear.width.look()
            self.trial.look()
            if self._has_had_its_time(now):
                self.brake.pull(Reason(Stop.TIME))
            self._look_at_destination(now)

    def _has_had_its_time(self, now: datetime) -> bool:
        worked = now - self.started_at
        return worked >= SHIFT or (
            worked >= SHORT_SHIFT and schedule.others_wait(self.lane, now=now)
        )

    def _look_at_destination(self, now: datetime) -> None:
        found = Destination.objects.filter(pk=self.lane.destination_id).values_list(
            "status", "probe_at", "failing_reason"
        )
        status, probe_at, sentence = found.first() or ("", None, "")
        if status != Destination.Status.ACTIVE:
            self.brake.pull(Reason(Stop.PAUSED))
        elif probe_at is not None and not self.brake.is_probe:
            self.brake.pull(breaker.tripped(sentence, probe_at, now=now))

    def _checkpoint(self) -> None:
        now = self.clock()
        cursor, ahead = self.window.cursor(), self.window.ahead()
        entries = self.settler.take()
        begun = self.begun.as_ranges() if self.gear.writes_ahead else []
        ledger.checkpoint(self.lane, entries, cursor, ahead, begun, now=now)
        meter().count(entries.exchanges, self.gear.configurations)
        self.written_at = now
        self._allow_calls()

    def _allow_calls(self) -> None:
        """Let calls start for as long as the lease, counted from when it was asked for, allows."""
        if self.lane.lease_until is not None:
            self.gear.allow_calls(lease_left=self.lane.lease_until - self.clock())

    def _give_back(self) -> None:
        lane, now = self.lane, self.clock()
        reason = self.brake.reason
        if reason and reason.stop is Stop.HALT:
            control.halt(lane.destination, reason=reason.sentence, blames=reason.blames)
        if reason and reason.stop is Stop.HOLD:
            schedule.keep_hold(lane.destination.credential, reason, now=now)
        probe_at = None
        if reason and reason.stop is Stop.FAILING:
            since = self.gear.tally.failing_since()
            probe_at = breaker.trip(lane, reason, since=since, now=now)
        elif self.brake.is_probe:
            breaker.leave(lane, now=now)
        due = schedule.next_due(lane, reason, now=now, probe_at=probe_at)
        why = f"{reason.stop}: {reason.sentence}" if reason else "nothing left"
        log.info("%s reached offset %d, due %s (%s)", lane, lane.cursor, due.at, why)
        ledger.give_back(lane, due, self.sent_to, self.begun.drop_unsent(), self.trial.left)
        meter().add_up()
        control.finish_pausing(lane.destination_id, now=now)
        if due.at is not None and due.at <= now:
            hints.nudge_lane(lane.pk)
