"""Join small pages of calls, and delete what is older than it is kept, as beat does."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from fsdest.delivery import prune


class Command(BaseCommand):
    help = "Join small pages of calls, and delete what is older than it is kept, as beat does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=float,
            default=settings.KEEP_CALLS_DAYS,
            help="keep calls of so many days (default: FSDEST_KEEP_CALLS_DAYS)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keep = timedelta(days=options["days"])
        self.stdout.write(prune.by_hand(keep=keep, clock=now, within=None).sentence)
