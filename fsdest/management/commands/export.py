"""Write a destination as YAML, without secrets."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from fsdest.delivery import portable
from fsdest.models import Destination


class Command(BaseCommand):
    help = "Write the configuration of a destination as YAML, without secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("destination", metavar="DESTINATION", help="its name or its id")
        parser.add_argument("--output", metavar="FILE", type=Path, help="default: the console")

    def handle(self, *args: Any, **options: Any) -> None:
        written = portable.write(_destination(options["destination"]))
        output: Path | None = options["output"]
        if output is None:
            self.stdout.write(written, ending="")
            return
        try:
            output.write_text(written, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error


def _destination(wanted: str) -> Destination:
    saved = Destination.objects.exclude(version=None).select_related("version", "credential")
    try:
        found = list(saved.filter(pk=UUID(wanted)))
    except ValueError:
        found = list(saved.filter(name=wanted)[:20])
    if not found:
        raise CommandError(f"There is no saved destination called {wanted!r}.")
    if len(found) > 1:
        ids = ", ".join(str(each.pk) for each in found)
        raise CommandError(f"Several destinations are called {wanted!r}; name one by its id: {ids}")
    return found[0]
