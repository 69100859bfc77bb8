"""A Celery worker or beat, without Celery's command line.

    celery_process.py worker NAME QUEUES PROCESSES
    celery_process.py beat SCHEDULE-FILE

The command line imports a shell with completion, a quarter of what a process needs to start; three
of them start at once, on two cores. The classes below are what it would call in the end.
"""

import atexit
import gc
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")

from celery.exceptions import SecurityWarning
from celery.utils.nodenames import default_nodename, host_format

from fsdest.celery import app

LEVEL = "INFO"  # at which it tells that it is ready
atexit.register(gc.freeze)  # or the end of a process takes a third of the time of its start


def worker(name: str, queues: str, processes: str) -> int:
    """Work until asked to end; return the exit code.

    Celery's heartbeat event once hung a worker for ever: liveness is the supervisor's and the
    sweeper's.
    """
    # In a container everything runs as root; the warning would greet every start.
    warnings.simplefilter("ignore", SecurityWarning)
    running = app.Worker(
        hostname=default_nodename(host_format(f"{name}@%h")),
        queues=queues,
        pool_cls="prefork",
        concurrency=int(processes),
        loglevel=LEVEL,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    running.start()
    return int(running.exitcode or 0)


def beat(schedule: str) -> int:
    """Send what is due until asked to end."""
    app.Beat(schedule=schedule, loglevel=LEVEL, quiet=True).run()
    return 0


if __name__ == "__main__":
    _, kind, *rest = sys.argv
    sys.exit(worker(*rest) if kind == "worker" else beat(*rest))
