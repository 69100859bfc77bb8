"""All that the sandbox remembers, in one place."""

from typing import Any

from fsdest.sandbox.deliveries import Deliveries
from fsdest.sandbox.faults import Faults
from fsdest.sandbox.idempotency import Memory
from fsdest.sandbox.jobs import Jobs
from fsdest.sandbox.ledger import Ledger
from fsdest.sandbox.people import People
from fsdest.sandbox.pulse import Pulse
from fsdest.sandbox.settings import Settings
from fsdest.sandbox.state import State
from fsdest.sandbox.stream import Stream
from fsdest.sandbox.things import Endpoint, Operation, Sessions


class World:
    """What FullStory would know, what we wrote down about it, and what is to go wrong."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings = settings
        self.ledger = ledger
        self.state = State()
        self.faults = Faults()
        self._begin()

    def forget(self) -> None:
        """Forget everything that was written, with the ledger and the faults; settings stay."""
        self.jobs.stop()
        self.deliveries.stop()
        self.faults.remove()
        self.ledger.clear()
        self.state.clear()
        self._begin()

    def _begin(self) -> None:
        self.pulse = Pulse()
        self.people = People()
        self.stream = Stream(self.settings.keep_events)
        self.jobs = Jobs(self.settings, self.state)
        self.memory = Memory(self.settings, self.state)
        self.endpoints: dict[str, Endpoint] = {}
        self.operations: dict[str, Operation] = {}
        self.sessions = Sessions()
        self.deliveries = Deliveries(self.settings)

    def counts(self) -> dict[str, Any]:
        """Return how much there is of everything."""
        self.people.settle()
        return {
            "users": self.people.size,
            "identified_users": len(self.people.by_uid),
            "events": self.stream.count,
            "jobs": len(self.jobs.all),
            "jobs_in_progress": self.jobs.in_progress,
            "operations_in_progress": self.jobs.operations,
            "webhooks": len(self.endpoints),
            "idempotency_keys": len(self.memory),
            "requests": self.ledger.requests,
            "effects": self.ledger.effects,
            "faults": len(self.faults.all),
        }
