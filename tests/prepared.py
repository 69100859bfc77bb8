"""A data folder as a first start leaves it, made once for all stacks of a run of pytest.

What prepares a folder takes as long as all the processes of a stack together. The first stack that
asks makes it, with the product's own program; the others get copies.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "FSDEST_TESTS_PREPARED"  # where, for pytest's workers; not for a stack
NEVER_CHANGED = "static"  # linked: the product replaces these files, it does not write into them
WITHIN_S = 120


def begin(config: pytest.Config) -> None:
    """Choose the folder, in the one process that its workers inherit the environment from."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="fsdest-prepared-")


def end(config: pytest.Config) -> None:
    """Remove the folder, in the process that chose it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def is_chosen() -> bool:
    """Whether pytest runs, and so chose a folder. A benchmark has none."""
    return FOLDER in os.environ


def fill(data: Path, environment: Mapping[str, str]) -> None:
    """Make the empty folder `data` what `bin/prepare.py` makes of it in this environment.

    SQLite only: another database is not in the folder.
    """
    kept = Path(os.environ[FOLDER])
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed when the file is closed
        if not (kept / "data").exists():
            _prepare(kept, environment)
    for path in (kept / "data").iterdir():
        if path.is_dir():
            copy = os.link if path.name == NEVER_CHANGED else shutil.copy2
            shutil.copytree(path, data / path.name, copy_function=copy)
        else:
            shutil.copy2(path, data)


def _prepare(kept: Path, environment: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(dir=kept) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        done = subprocess.run(
            [sys.executable, str(ROOT / "bin" / "prepare.py")],
            env={**environment, "FSDEST_DATA": str(data)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        data.rename(kept / "data")
