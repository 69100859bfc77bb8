"""Is the database what the code expects? Asked without Django, so that a start loses no time.

A yes lets the processes start while `bin/prepare.py` looks more closely; anything else makes them
wait for it.
"""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPLIED = "SELECT name FROM django_migrations WHERE app = 'fsdest'"


def is_prepared(data: Path) -> bool:
    """Tell whether database and static files are those of this code. When in doubt, no."""
    stamp = data / "prepared.stamp"
    if os.environ.get("DATABASE_URL") or not stamp.exists() or stamp.read_text() != digest():
        return False
    ours = {path.stem for path in (ROOT / "fsdest" / "migrations").glob("[0-9]*.py")}
    database = data / "fsdest.sqlite3"
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return ours == {name for (name,) in connection.execute(APPLIED)}
    except sqlite3.Error:
        return False


def digest() -> str:
    """Return a digest of what else decides.

    That is the packages, which bring migrations and scripts too, our own static files, and how
    they are stored.
    """
    found = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for name in ("FSDEST_HASHED_STATIC", "DEBUG"):
        found.update(f"{os.environ.get(name)}\0".encode())
    for file in sorted((ROOT / "static").rglob("*")):
        if file.is_file():
            found.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return found.hexdigest()
