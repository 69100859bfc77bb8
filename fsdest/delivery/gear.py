"""What a shift works with: configurations by version, limiter, brake, senders."""

from datetime import timedelta

from django.conf import settings

from fsdest.delivery import turns, wire
from fsdest.delivery.brake import Brake
from fsdest.delivery.crew import Crew
from fsdest.delivery.gate import Gate
from fsdest.delivery.sending import Sender
from fsdest.delivery.tally import Tally
from fsdest.delivery.width import Width
from fsdest.models import Lane, Version
from fsdest.payloads.build import Renderer
from fsdest.payloads.configuration import Batch, Configuration

BULK_THREADS = 2
BULK_CALLS_A_SLICE = 10  # or more, where they are small
INSIST_AFTER = 2  # shifts in a row in which most calls failed; see Sender
INSIST_AFTER_PROBES = 5  # in a row that failed: about a minute
SINGLE_WINDOW = 2_000  # records between the cursor and the last one read
SINGLE_SLICE = 20_000  # offsets
BULK_SLICE = 50_000  # at least


def slice_size(batch: Batch | None) -> int:
    """Return how many offsets of a lane are cut at once. Between two slices nothing flies."""
    return max(batch.records * BULK_CALLS_A_SLICE, BULK_SLICE) if batch else SINGLE_SLICE


class Gear:
    """Made once a shift. The sizes differ for bulk calls and for single ones."""

    def __init__(self, lane: Lane) -> None:
        destination = lane.destination
        if destination.credential is None or destination.version is None:
            raise ValueError(f"destination {destination.pk} was never saved")
        self._destination_id = str(destination.pk)
        self._credential = destination.credential
        self._key = destination.credential.unseal()
        self.versions: dict[int, Version] = {}
        self.configurations: dict[int, Configuration] = {}
        for version in destination.versions.all():
            self.versions[version.number] = version
            self.configurations[version.number] = version.read()
        self.brake = Brake()
        self.tally = Tally()
        self._failures, self._failed_probes = lane.failures, destination.failed_probes
        self.parked_keys: set[str] = set()
        self.pace = turns.limiter(self._credential)
        self._is_by_hand = any(c.endpoint.is_manual for c in self.configurations.values())
        self.writes_ahead = any(not c.endpoint.is_idempotent for c in self.configurations.values())
        self.batch = batch = self.configurations[destination.version.number].batch
        self.is_bulk = batch is not None
        self.may_hand = not self.is_bulk and not self.writes_ahead
        self.threads = BULK_THREADS if batch else settings.CALLS_IN_FLIGHT
        self.in_flight = self.threads + 1 if batch else self.threads * 4  # calls
        self.width = Width(settings.REDIS_URL, str(self._credential.pk), most=self.threads)
        self.window = batch.records * self.in_flight if batch else SINGLE_WINDOW
        self.slice = slice_size(batch)

    def renderer(self, version: int) -> Renderer:
        """Return what builds the payloads of a version, by its number."""
        return Renderer(self.configurations[version])

    @property
    def is_insisting(self) -> bool:
        """Whether failing has lasted so long that single records may be to blame."""
        if self.brake.is_probe:
            return self._failed_probes >= INSIST_AFTER_PROBES
        return self._failures >= INSIST_AFTER

    def crew(self) -> Crew:
        """Return the threads of a slice, which a `with` block starts and ends."""
        return Crew(self.threads, self._sender, may_hand=self.may_hand)

    def _sender(self) -> Sender:
        return Sender(
            new_wire=self._wire,
            gate=Gate(self.pace, self.width, self.brake),
            brake=self.brake,
            tally=self.tally,
            configurations=self.configurations,
            parked_keys=self.parked_keys,
            is_bulk=self.is_bulk,
            is_insisting=self.is_insisting,
        )

    def _wire(self) -> wire.Wire:
        return wire.Wire(
            line=wire.line(self._credential, is_open=self._is_by_hand),
            key=self._key,
            destination_id=self._destination_id,
            base_url=self._credential.base_url,
        )

    def allow_calls(self, *, lease_left: timedelta) -> None:
        """Let calls start while what is left of the lease covers their longest time and a third
        more: to write down what the last reply said."""
        self.brake.allow_calls_for(lease_left - wire.deadline() * 4 / 3)
