"""Which workers of this machine have died: their leases need not be waited for.

Each process that owns lanes, jobs or a dry run holds the lock on a file of its name for as long as
it lives. The system gives the lock back with the process, however that ends, and no process can be
taken for another. One that works on another machine has no file here: its leases end by themselves.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings

from fsdest import hints, signature
from fsdest.models import Decision, DryRun, ImportJob, Lane


def name() -> str:
    """Return the name under which this process owns what it works on, 32 characters."""
    return _name(os.getpid())


@cache
def _name(_process: int) -> str:  # by process: a fork is another worker
    own = signature.fresh()
    _folder().mkdir(parents=True, exist_ok=True)
    file = os.open(_folder() / own, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)  # never closed: it is held until the process ends
    return own


def lives(owner: str) -> bool:
    """Whether a process of this machine goes by the name of `owner`."""
    try:
        file = os.open(_folder() / owner, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def end_leases_of_the_dead(*, now: datetime) -> None:
    """Free what the dead of this machine owned. They cannot write any more, so it is theirs no
    longer; safe to run by any number at any time."""
    for owner in _dead():
        lanes = Lane.objects.filter(owner=owner, lease_until__gt=now)
        for lane_id in list(lanes.values_list("pk", flat=True)):
            lanes.filter(pk=lane_id).update(lease_until=now)
            hints.nudge_lane(lane_id)
        for each in (ImportJob, DryRun, Decision):
            each.objects.filter(owner=owner, lease_until__gt=now).update(lease_until=now)


def _dead() -> Iterator[str]:
    """Yield the names of the dead, and forget each once the caller is done with it."""
    for path in _folder().glob("*"):
        with suppress(FileNotFoundError):
            file = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            else:
                yield path.name
                path.unlink()
            finally:
                os.close(file)


def _folder() -> Path:
    return settings.DATA_DIR / "workers"
