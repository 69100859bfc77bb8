#!/usr/bin/env python
"""Django's command line, for this project."""

import atexit
import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")
    atexit.register(gc.freeze)  # it ends at once instead of looking through all it has imported
    execute_from_command_line(sys.argv)
