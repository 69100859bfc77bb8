"""A process that sweeps without a pause, to race with live workers: python -m tests.faults.sweeper

It ends with its parent.
"""

import os

import django

django.setup()

from django.db import DatabaseError, connection  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from fsdest.sweep import sweep  # noqa: E402

if __name__ == "__main__":
    parent = os.getppid()
    print("sweeping", flush=True)
    while os.getppid() == parent:
        try:
            sweep(now=now())
        except DatabaseError:
            connection.close()
