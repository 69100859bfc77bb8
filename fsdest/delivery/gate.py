"""Whether a call may start now: the width, the limiter and the brake, asked together."""

from dataclasses import dataclass
from datetime import timedelta

from fsdest.delivery.brake import ASKED, OUR_LIMIT, Brake, Reason, Stop
from fsdest.delivery.meter import meter
from fsdest.delivery.pace import Pace
from fsdest.delivery.width import Width

PATIENCE_S = 2.0  # a longer wait gives the slice back instead of holding a worker


@dataclass(slots=True)
class Gate:
    """What every call of a shift passes, whichever thread makes it."""

    pace: Pace
    width: Width
    brake: Brake

    def enter(self) -> bool:
        """Wait for one's turn; False once the brake is pulled or the wait is too long.

        Where it is True, `leave` gives the turn back once the reply is there.
        """
        if not self.width.enter(self.brake):
            return False
        may_call = self._may_take()
        if not may_call:
            self.width.leave()
        return may_call

    def enter_now(self) -> bool:
        """Do the same without waiting for anything."""
        if self.brake.is_pulled() or not self.width.enter_now():
            return False
        may_call = self.pace.take() <= 0
        if not may_call:
            self.width.leave()
        return may_call

    def leave(self) -> None:
        """The call that entered is back."""
        self.width.leave()

    def _may_take(self) -> bool:
        """Wait for the limiter; False once the brake is pulled or the wait is too long."""
        while not self.brake.is_pulled():
            wait_s = self.pace.take()
            if wait_s <= 0:
                return True
            if wait_s > PATIENCE_S:
                is_held = self.pace.held_for() > 0
                sentence = ASKED if is_held else OUR_LIMIT
                self.brake.pull(Reason(Stop.HOLD, sentence, timedelta(seconds=wait_s)))
                return False
            meter().waited(wait_s)
            self.brake.sleep(wait_s)
        return False
