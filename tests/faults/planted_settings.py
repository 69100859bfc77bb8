"""The product's settings, with traps in its processes: see planted.py."""

from fsdest.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.planted.Planted"]  # noqa: F405
