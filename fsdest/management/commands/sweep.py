"""Nudge what lost hints and dead workers left behind, as beat does."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from fsdest.sweep import sweep


class Command(BaseCommand):
    help = "Nudge what lost hints and dead workers left behind, as beat does."

    def handle(self, *args: Any, **options: Any) -> None:
        sweep(now=now())
