"""Who is to blame where workers die: a record that kills each worker that builds or sends it.

A worker that dies tells nothing. So where one died and nothing had been settled since it took the
lane, the next one goes carefully: it writes down what it is about to build and to send, and what is
found in the books after its death is suspected. Suspects are tried one at a time; one over which
alone two workers in a row died is set aside, and the lane goes on. In a batch that kills when it is
sent they are found by halving, where twice does the same as once.

Who is killed by somebody else leaves no such trail: the next worker settles what it was at.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from time import monotonic

from django.db import DatabaseError

from fsdest.delivery import killers, ledger
from fsdest.delivery.brake import Reason, Stop
from fsdest.delivery.calls import Call
from fsdest.delivery.evidence import NOTHING, Evidence
from fsdest.delivery.gear import Gear
from fsdest.delivery.waiting import Build
from fsdest.delivery.window import Window
from fsdest.models import Lane
from fsdest.payloads import group, runs
from fsdest.payloads.build import Payload, Rejected
from fsdest.payloads.runs import Run
from fsdest.records import ranges
from fsdest.records.offsets import Offsets
from fsdest.records.ranges import Ranges

LONG_WAIT_S = 2.0
PORTION = 64  # offsets that are written down at once while nobody is suspected
IN_FLIGHT = 50  # calls, meanwhile


class Trial:
    """What one shift knows of what earlier ones died of. Off, it costs a comparison."""

    def __init__(self, lane: Lane, gear: Gear, window: Window) -> None:
        self._lane, self._gear, self._window = lane, gear, window
        self._before = Evidence.against(lane)
        self._suspects = Offsets(self._before.offsets)
        self._last = self._before.offsets[-1][1] if self._suspects else -1
        self._known = killers.known(lane)
        self._now = NOTHING
        self._written_at = 0.0
        self._is_one_by_one = gear.is_bulk or bool(self._suspects)
        self.is_on = lane.claims > 1 or bool(self._suspects)
        if self.is_on:
            gear.may_hand = False
            gear.in_flight = min(gear.in_flight, IN_FLIGHT)
            gear.threads = 1 if self._is_one_by_one else gear.threads
        self._most = gear.in_flight

    @property
    def left(self) -> dict[str, object] | None:
        """What stays written down after this shift: what it was to find out, if it did nothing."""
        return self._lane.on_trial if self._now is NOTHING else None

    def watched(self, build: Build, *, is_parked: bool = False) -> Build:
        """Return `build`, or what builds no known killer and, while this is on, writes down first
        what it is to build. One that is parked is built: a person has released it."""
        known = set[int]() if is_parked else self._known
        if not self.is_on and not known:
            return build

        def watched(offset: int, line: bytes) -> Payload | Rejected:
            if offset in known:
                return Rejected(offset=offset, code=killers.CODE, reason="It was set aside.")
            if self.is_on:
                self._begin_building(offset)
            return build(offset, line)

        return watched

    def knows_any(self, offsets: range) -> bool:
        """Whether a known killer is among `offsets`."""
        return any(offset in offsets for offset in self._known)

    def calls(self, calls: Iterable[Call], checkpoint: Callable[[], None]) -> Iterator[Call]:
        """Yield `calls`, each once it is written down that it is made; none beyond the suspects.

        After one that was alone comes a `checkpoint`: what it got through is not to be sent again.
        """
        for call in calls:
            if self._suspects and not call.is_parked and call.offsets[0] > self._last:
                self._gear.brake.pull(Reason(Stop.TIME))  # the next shift may hurry again
                return
            is_alone = self._is_one_by_one or call.is_parked
            self._gear.in_flight = 1 if is_alone else self._most
            if is_alone:
                endpoint = self._gear.configurations[call.version].endpoint
                self._put(
                    ranges.pack(call.offsets),
                    is_sent=True,
                    is_repeatable=endpoint.has_same_effect_twice,
                )
            yield call
            if is_alone:
                checkpoint()

    def parts(self, found: Iterable[Run]) -> Iterator[Run]:
        """Yield `found`; of a run that killed its workers as a whole, its halves."""
        for run in found:
            if self._before.splits:
                yield from self._halved(run)
            else:
                yield run

    def look(self) -> None:
        """See whether the one call under way waits for its answer for long."""
        at = self._now
        if at.is_sent and not at.waits and monotonic() - self._written_at > LONG_WAIT_S:
            self._write(replace(at, waits=True))

    def blame(self, failure: BaseException) -> None:
        """Keep that `failure`, which ends this shift but not its process, came of what it was at.

        A database that fails says nothing of a record.
        """
        is_our_bug = isinstance(failure, Exception) and not isinstance(
            failure, (DatabaseError, ledger.LostLeaseError)
        )
        if is_our_bug and self._now is not NOTHING:
            with suppress(DatabaseError, ledger.LostLeaseError):
                self._write(replace(self._now, has_failed=True))

    def _begin_building(self, offset: int) -> None:
        first, last = self._now.offsets[0] if self._now.offsets else (0, -1)
        if self._is_suspect(offset) and not (self._gear.is_bulk and self._before.is_sent):
            self._put([[offset, offset]])
        elif self._now.is_sent or not first <= offset <= last:
            is_alone = self._is_one_by_one
            begun = offset if is_alone else min(offset, self._window.cursor())  # and in flight
            self._put([[begun, offset + PORTION - 1]])

    def _halved(self, run: Run) -> Iterator[Run]:
        offsets = runs.offsets(run)
        if len(run) == 1 or not self._suspects.has_any(offsets):
            yield run
        elif all(map(self._is_suspect, offsets)):
            yield from group.halves(run)
        else:
            for half in group.halves(run):
                yield from self._halved(half)

    def _put(self, offsets: Ranges, *, is_sent: bool = False, is_repeatable: bool = False) -> None:
        self._write(
            Evidence(
                owner=self._lane.owner,
                offsets=offsets,
                deaths=self._before.deaths if self._is_known(offsets) else 0,
                is_sent=is_sent,
                is_repeatable=is_repeatable,
            )
        )

    def _is_known(self, offsets: Ranges) -> bool:
        """Whether the deaths so far tell of `offsets`: they are what workers died at, or are a part
        of a batch that is known to kill."""
        if offsets == self._before.offsets:
            return True
        return self._before.splits and all(map(self._is_suspect, ranges.unpack(offsets)))

    def _is_suspect(self, offset: int) -> bool:
        return self._suspects.has_any([offset])

    def _write(self, now: Evidence) -> None:
        ledger.put_on_trial(self._lane, asdict(now))
        self._now, self._written_at = now, monotonic()
