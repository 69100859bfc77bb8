"""Make a destination of a YAML file that `export` or the browser wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from fsdest.delivery import portable
from fsdest.models import Nexset
from fsdest.payloads import plain_yaml
from fsdest.payloads import portable as files
from fsdest.payloads.plain_yaml import UnreadableError


class Command(BaseCommand):
    help = "Make a paused destination of a YAML file; exit 1, with nothing made, if it is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--nexset", required=True, metavar="NAME", help="or its id")
        parser.add_argument("--credential", metavar="NAME", help="default: as the file says")
        parser.add_argument("--organization", metavar="NAME", help="of the nexset")

    def handle(self, *args: Any, **options: Any) -> None:
        nexset = _nexset(options["nexset"], options["organization"] or "")
        try:
            found = files.read(_bytes(options["file"]))
            credential = portable.credential_for(found, nexset, name=options["credential"] or "")
            made = portable.take_in(
                found, nexset=nexset, credential=credential, user=None, now=now()
            )
        except UnreadableError as wrong:
            raise CommandError(f"{options['file']}: {wrong}") from wrong
        self.stdout.write(f"Made {made.name!r} ({made.pk}), paused, with {credential.name!r}.")
        if needed := portable.still_needed(found.left_out):
            self.stdout.write(self.style.WARNING(needed))


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(plain_yaml.LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _nexset(wanted: str, organization: str) -> Nexset:
    ready = Nexset.objects.ready().select_related("organization")
    if organization:
        ready = ready.filter(organization__name=organization)
    try:
        found = list(ready.filter(pk=UUID(wanted)))
    except ValueError:
        found = list(ready.filter(name=wanted)[:20])
    if not found:
        where = f" in the organization {organization!r}" if organization else ""
        raise CommandError(f"There is no nexset called {wanted!r}{where}.")
    if len(found) > 1:
        ids = ", ".join(f"{each.pk} ({each.organization.name})" for each in found)
        raise CommandError(f"Several nexsets are called {wanted!r}; name one by its id: {ids}")
    return found[0]
