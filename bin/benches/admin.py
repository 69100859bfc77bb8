"""How soon the operator's console answers on PostgreSQL, however many calls there are.

Twice: with ten million calls, which are 20,000 pages of them, and with ten million pages, which
would be five billion calls. The broker is away meanwhile, as it may be.
"""

import json
import os
import subprocess
import sys
import tempfile

from benches import figures
from benches.figures import Figure
from tests.running import ROOT

SHOWN = figures
PAGES = (20_000, 10_000_000)
QUICK = (20_000,)
BELOW_MS = 200


def measure(*, is_quick: bool = False) -> list[Figure]:
    """Open the console's pages on a server that is made for it and thrown away."""
    bench = ROOT / "bin"
    with tempfile.TemporaryDirectory() as data:
        made = subprocess.run(
            [
                *(sys.executable, str(bench / "on_postgres.py")),
                *(sys.executable, str(bench / "benches" / "many_calls.py")),
                *map(str, QUICK if is_quick else PAGES),
            ],
            env={
                **os.environ,
                "FSDEST_DATA": data,
                "FSDEST_HASHED_STATIC": "false",
                "REDIS_URL": "redis://127.0.0.1:1/0",
                "LOG_LEVEL": "ERROR",
            },
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    os.environ["DATABASE_URL"] = "postgres:"  # by which figures.machine tells the database
    found: dict[str, list[float]] = json.loads(made.stdout.splitlines()[-1])
    return [
        Figure(name=name, unit="ms", values=tuple(taken), below=BELOW_MS)
        for name, taken in found.items()
    ]
