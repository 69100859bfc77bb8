"""A process that looks at the books all the while a run is broken, and writes down what it saw.

    python -m tests.faults.watch FILE

One JSON line a look: `from` and `at`, between which it looked; the status of each destination; the
numbers of each lane; how much memory and log there is. It ends with its parent.
"""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402

from fsdest.models import Destination, Lane  # noqa: E402

EVERY_S = 0.25
NUMBERS = ("id", "destination", "epoch", "cursor", "taken", "delivered", "skipped", "slice_end")


def look() -> dict[str, Any]:
    """Return what the books say now. Lanes first: what they count was done before `at`."""
    began = time.time()
    lanes = [
        [row[0], str(row[1]), *row[2:]] for row in Lane.objects.values_list(*NUMBERS).order_by("id")
    ]
    destinations = {
        str(pk): [status, str(activated_at)]
        for pk, status, activated_at in Destination.objects.values_list(
            "pk", "status", "activated_at"
        )
    }
    return {"from": began, "at": time.time(), "lanes": lanes, "destinations": destinations}


def sizes() -> dict[str, int]:
    """Return the largest resident process of the product in KiB, and the log of SQLite in bytes."""
    wal = settings.DATA_DIR / "fsdest.sqlite3-wal"
    with suppress(FileNotFoundError):
        return {"rss_kib": _largest(), "wal_bytes": wal.stat().st_size}
    return {"rss_kib": _largest(), "wal_bytes": 0}


def _largest() -> int:
    """Return the resident size of the largest worker or web process; the sandbox is not ours."""
    mark = f"FSDEST_DATA={settings.DATA_DIR}".encode()
    largest = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, StopIteration):
            if int(process.name) == os.getpid():
                continue
            command = (process / "cmdline").read_bytes()
            if b"celery_process" not in command and b"gunicorn" not in command:
                continue
            if mark in (process / "environ").read_bytes().split(b"\0"):
                status = (process / "status").read_text().splitlines()
                line = next(line for line in status if line.startswith("VmRSS"))
                largest = max(largest, int(line.split()[1]))
    return largest


def main(file: str) -> None:
    """Look until the parent is gone."""
    parent = os.getppid()
    turn = 0
    with open(file, "a", buffering=1) as out:
        while os.getppid() == parent:
            with suppress(DatabaseError):
                seen = look()
                if turn % 8 == 0:
                    seen |= sizes()
                out.write(json.dumps(seen) + "\n")
                turn += 1
            if connection.errors_occurred:
                connection.close()
            time.sleep(EVERY_S)


if __name__ == "__main__":
    main(sys.argv[1])
