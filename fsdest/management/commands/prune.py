"""Join small pages of calls, and delete what is older than it is kept, as beat does."""

from argparse import ArgumentParser
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from fsdest.audit import Action, record
from fsdest.delivery.prune import prune


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
        done = prune(keep=timedelta(days=options["days"]), clock=now, within=None)
        record(Action.PRUNED, None, after={"days": options["days"], **asdict(done)})
        self.stdout.write(
            f"Deleted {done.calls:,} calls ({done.pages:,} pages), {done.jobs:,} import jobs and "
            f"{done.records:,} closed records of the quarantine; joined {done.joined:,} pages."
        )
