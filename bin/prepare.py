"""Bring database and static files up to date, in one process because imports take longest.

Prints what `manage.py first_start` prints: how to log in. Everything else goes to standard error.
"""

import atexit
import contextlib
import gc
import io
import os
import sys
from pathlib import Path

import django
from current import digest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Migrate, collect static files that changed, create what a first start needs."""
    atexit.register(gc.freeze)  # it ends at once instead of looking through all it has imported
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")
    django.setup()
    login = io.StringIO()
    with contextlib.redirect_stdout(sys.stderr):
        call_command("check")
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
    with contextlib.redirect_stdout(login):
        call_command("first_start")
    sys.stdout.write(login.getvalue())


def collect_static() -> None:
    """Collect and compress the static files, unless they are those of the last time."""
    stamp = Path(settings.DATA_DIR) / "prepared.stamp"
    if stamp.exists() and stamp.read_text() == digest() and Path(settings.STATIC_ROOT).is_dir():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest())


if __name__ == "__main__":
    main()
