"""Gunicorn's own lines, in the form of all others."""

import logging.config
import os
from typing import Any

from gunicorn.glogging import Logger


class Alike(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Hands what gunicorn has to say to the log of the product; for `--logger-class`."""

    def setup(self, cfg: Any) -> None:
        """Log as the settings say, instead of to a handler of its own."""
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")
        from django.conf import settings  # noqa: PLC0415 - it reads the line above

        super().setup(cfg)
        logging.config.dictConfig(settings.LOGGING)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
