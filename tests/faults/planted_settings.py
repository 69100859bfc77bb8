"""The product's settings, with traps in its processes (planted.py), and what a test may give it:

FAULT_CLOCK_S, FAULT_CLOCK_AFTER_S: how wrong the clock is, and from when on; FAULT_TRUST: a file
with the one authority whose certificates are trusted.
"""

import os

import certifi

from fsdest.settings import *  # noqa: F403
from tests.faults import shifted

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.planted.Planted"]  # noqa: F405

if shifted.SHIFT_S:
    shifted.shift_clocks()
if trusted := os.environ.get("FAULT_TRUST"):
    certifi.where = lambda: trusted
