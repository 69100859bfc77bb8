"""All that the sandbox remembers, in one place; a reset makes a new one."""

from typing import Any

from fsdest.sandbox.events import Events
from fsdest.sandbox.faults import Faults
from fsdest.sandbox.idempotency import Memory
from fsdest.sandbox.jobs import Jobs
from fsdest.sandbox.ledger import Ledger
from fsdest.sandbox.people import People
from fsdest.sandbox.pulse import Pulse
from fsdest.sandbox.settings import Settings
from fsdest.sandbox.state import State


class World:
    """What FullStory would know, what we wrote down about it, and what is to go wrong."""

    def __init__(self, settings: Settings, ledger: Ledger, state: State | None = None) -> None:
        self.settings = settings
        self.ledger = ledger
        self.state = state or State()
        self.faults = Faults()
        self._begin()

    def forget(self) -> None:
        """Forget everything that was written, and every fault; settings stay."""
        self.jobs.stop()
        self._begin()

    def _begin(self) -> None:
        self.pulse = Pulse()
        self.people = People()
        self.events = Events(self.settings)
        self.jobs = Jobs(self.settings)
        self.memory = Memory(self.settings)

    def counts(self) -> dict[str, Any]:
        """Return how much there is of everything."""
        self.people.forget_the_gone()
        return {
            "users": self.people.size,
            "identified_users": len(self.people.by_uid),
            "events": self.events.count,
            "jobs": len(self.jobs.all),
            "jobs_in_progress": self.jobs.in_progress,
            "operations_in_progress": self.jobs.operations,
            "idempotency_keys": len(self.memory),
            "requests": self.ledger.requests,
            "effects": self.ledger.effects,
            "faults": len(self.faults.all),
        }
