"""The calls of a lane that are ready to be made: those of its slice, and those of parked records.

Building and grouping begin at the cursor and depend on immutable things alone, so that the calls
are the same each time; what was settled before a crash or a pause is left out of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from fsdest.delivery import waiting
from fsdest.delivery.begun import Begun
from fsdest.delivery.calls import BEHIND, Call, Fate, Outcome, never_answered
from fsdest.delivery.gear import Gear
from fsdest.delivery.lanes import own_runs, stretch_at
from fsdest.delivery.settling import Settler
from fsdest.delivery.trial import Trial
from fsdest.delivery.waiting import Build
from fsdest.delivery.window import Window
from fsdest.fullstory import unknown
from fsdest.fullstory.endpoints import WhenUnknown
from fsdest.models import Lane, Version
from fsdest.payloads import group, runs
from fsdest.payloads.build import Part, Payload, Rejected, Renderer
from fsdest.payloads.runs import Run


class Ready:
    """Yields calls for a shift; settles at once what cannot be built or has to queue."""

    def __init__(
        self,
        lane: Lane,
        gear: Gear,
        window: Window,
        settler: Settler,
        begun: Begun,
        trial: Trial,
        clock: Callable[[], datetime],
    ) -> None:
        self._lane = lane
        self._gear = gear
        self._window = window
        self._settler = settler
        self._begun = begun
        self._trial = trial
        self._clock = clock

    def of_parked(self) -> Iterator[Call]:
        """Yield the calls that try the due parked records again."""

        def reject(version: Version, generation: int, rejected: Rejected) -> None:
            self._settler.reject(
                rejected, version, is_parked=True, generation=generation, now=self._clock()
            )

        watched = partial(self._trial.watched, is_parked=True)
        due = waiting.due_calls(self._lane, now=self._clock(), reject=reject, watched=watched)
        for call in due:
            for some in self._trial.parts([call.payloads]):
                yield from self._unless_unknown(replace(call, payloads=some))

    def of_slice(self) -> Iterator[Call]:
        """Yield the calls of the slice that was cut."""
        self._remember_parked_keys()
        version = self._lane.slice_version
        if version is None:  # a slice was cut: ledger.cut set it
            return
        generations, number = self._lane.slice_generations, version.number
        for together in self._together(version):
            if self._gear.is_bulk and self._gear.parked_keys:
                self._park_those_behind(together, version)
            for some in self._unsettled(together):
                generation = generations.get(str(runs.offsets(some)[0]), 0) if generations else 0
                call = Call(payloads=some, version=number, generation=generation)
                if self._begun.is_from_before:
                    yield from self._unless_unknown(call)
                else:
                    yield call

    def _unless_unknown(self, call: Call) -> Iterator[Call]:
        """Yield `call`, unless a dead worker may have made it and it must not be made twice."""
        if not self._begun.was_tried(call.offsets):
            yield call
            return
        call = replace(call, was_tried=True)
        endpoint = self._gear.configurations[call.version].endpoint
        if endpoint.when_unknown is not WhenUnknown.ASK:
            yield call
            return
        verdict = unknown.set_aside("The worker stopped before the answer came.")
        outcome = Outcome(
            fate=Fate.QUARANTINED,
            call=call,
            verdict=verdict,
            exchanges=[never_answered(call, verdict, at=self._clock())],
        )
        self._settler.settle(outcome, now=self._clock())
        self._begun.end(outcome)
        if not call.is_parked:
            self._window.settle(call.offsets)

    def _together(self, version: Version) -> Iterator[Run]:
        configuration = self._gear.configurations[version.number]
        renderer = self._gear.renderer(version.number)
        is_whole = stretch_at(self._lane.destination, self._lane.cursor).lanes == 1
        are_together = is_whole and not self._trial.is_on
        if are_together and renderer.stored_target is not None:
            yield from group.stored(configuration, self._lines(), renderer.stored_target)
        elif are_together and renderer.joined_target is not None:
            make = partial(self._part, renderer, version)
            yield from group.joined(configuration, self._lines(), make, renderer.joined_target)
        else:
            yield from group.calls(configuration, self._payloads(renderer, version))

    def _unsettled(self, together: Run) -> Iterable[Run]:
        parts: Iterable[Run] = [together]
        if not self._window.has_none_of(runs.offsets(together)):
            parts = group.unsettled(together, self._window.is_settled)
        return self._trial.parts(parts) if self._trial.is_on else parts

    def _lines(self) -> Iterator[tuple[int, list[bytes]]]:
        lane = self._lane
        for first, lines in own_runs(lane, lane.cursor, lane.slice_end):
            self._window.read_all(range(first, first + len(lines)))
            yield first, lines
        self._window.read_to = lane.slice_end

    def _payloads(self, renderer: Renderer, version: Version) -> Iterator[Payload]:
        return self._built(self._trial.watched(renderer.build), version, self._lines())

    def _built(
        self, build: Build, version: Version, found: Iterable[tuple[int, Sequence[bytes]]]
    ) -> Iterator[Payload]:
        for first, lines in found:
            for offset, line in enumerate(lines, first):
                built = build(offset, line)
                if isinstance(built, Payload):
                    yield built
                elif not self._window.is_settled(offset):
                    self._settler.reject(built, version, is_parked=False, now=self._clock())
                    self._window.settle([offset])

    def _part(
        self, renderer: Renderer, version: Version, first: int, lines: Sequence[bytes]
    ) -> Part | None:
        """Return what `_built` would; None where all of it is rejected."""
        offsets = range(first, first + len(lines))
        part = None if self._trial.knows_any(offsets) else renderer.part(offsets, lines)
        build = self._trial.watched(renderer.build)
        return part or runs.part(list(self._built(build, version, [(first, lines)])))

    def _remember_parked_keys(self) -> None:
        """Let the senders, idle now, know whose later records have to queue."""
        self._gear.parked_keys.clear()
        self._gear.parked_keys.update(waiting.keys(self._lane))

    def _park_those_behind(self, together: Run, version: Version) -> None:
        """Take out of a batch what would overtake an earlier record of its key.

        A single call is parked by its sender, which knows of what other senders have parked.
        """
        parked = self._gear.parked_keys
        for payload in together:
            key = payload.order_key
            if key and key in parked and not self._window.is_settled(payload.offset):
                call = Call(payloads=(payload,), version=version.number)
                behind = Outcome(fate=Fate.PARKED, call=call, verdict=BEHIND)
                self._settler.settle(behind, now=self._clock())
                self._window.settle([payload.offset])
