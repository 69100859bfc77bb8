"""A process whose clock is wrong, or is set while it runs. Its steady clock goes on as ever."""

import datetime as dt
import os
import sys
import time
from datetime import timedelta

from django.utils import timezone

_began = time.monotonic()
_real_time, _real_now, _real = time.time, timezone.now, dt.datetime
SHIFT_S = float(os.environ.get("FAULT_CLOCK_S", "0"))
AFTER_S = float(os.environ.get("FAULT_CLOCK_AFTER_S", "0"))


def _off_s() -> float:
    return SHIFT_S if time.monotonic() - _began >= AFTER_S else 0.0


class Shifted(_real):
    """Tells the wrong time; the values are datetimes like all others."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _real.now(tz) + timedelta(seconds=_off_s())


def shift_clocks() -> None:
    """Have the ordinary clocks of this process tell the wrong time, modules to come included."""
    time.time = lambda: _real_time() + _off_s()
    timezone.now = lambda: _real_now() + timedelta(seconds=_off_s())


def shift_modules() -> None:
    """The same for the modules of the product that have been imported by now."""
    for name, module in list(sys.modules.items()):
        is_meant = name == "fsdest.delivery.wire" or name.startswith("fsdest.outbound")
        if is_meant and getattr(module, "datetime", None) is _real:
            module.datetime = Shifted  # type: ignore[attr-defined]
