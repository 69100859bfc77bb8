"""Load a file, configure a destination with a template, activate it, and wait for the end."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from fsdest.delivery import control
from fsdest.delivery.progress import Progress, progress
from fsdest.fullstory import catalogue
from fsdest.models import Credential, Destination, Nexset
from fsdest.payloads import configuration as configurations
from fsdest.records.schema import Schema

ENDPOINTS = [endpoint.key for endpoint in catalogue.ENDPOINTS if endpoint.fields]
LOOK_EVERY_S = 0.5


class Command(BaseCommand):
    help = "Load a file, send it to FullStory with a template, and account for every record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--endpoint", required=True, choices=ENDPOINTS)
        parser.add_argument("--credential", required=True, metavar="NAME")
        parser.add_argument("--wait", action="store_true", help="wait for every record")
        parser.add_argument("--json", action="store_true", help="print the balance as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        credential = Credential.objects.filter(name=options["credential"]).first()
        if credential is None:
            raise CommandError(f"There is no credential called {options['credential']!r}.")
        destination = self._destination(options["file"], options["endpoint"], credential)
        control.activate(destination, now=now())
        standing = progress(destination, now=now())
        while options["wait"] and not standing.is_done:
            time.sleep(LOOK_EVERY_S)
            destination.refresh_from_db()
            standing = progress(destination, now=now())
            self._bar(standing)
            if destination.needs_attention:
                raise CommandError(f"Stopped: {destination.status_reason}")
        self._print(standing, as_json=options["json"])
        if standing.balance.delivered != standing.balance.accepted:
            raise SystemExit(1)

    def _destination(self, file: Path, endpoint: str, credential: Credential) -> Destination:
        organization = credential.organization
        call_command(
            "load", str(file), nexset=file.stem, organization=organization.name, stdout=self.stderr
        )
        nexset = (
            Nexset.objects.ready()
            .filter(organization=organization, name=file.stem)
            .latest("created_at")
        )
        destination = Destination.objects.create(
            organization=organization,
            nexset=nexset,
            credential=credential,
            connector="fullstory",
            name=f"{file.stem} to {catalogue.endpoint(endpoint).title}",
        )
        attributes = Schema.from_json(nexset.attributes).attributes
        configuration = configurations.guess(
            catalogue.endpoint(endpoint), [attribute.path for attribute in attributes]
        )
        for problem in configurations.problems(configuration, attributes):
            raise CommandError(problem.sentence)
        control.save_version(destination, configuration, user=None, now=now())
        destination.refresh_from_db()
        return destination

    def _bar(self, standing: Progress) -> None:
        if sys.stderr.isatty():
            done = "#" * (standing.percent // 4)
            self.stderr.write(f"\r[{done:<25}] {standing.percent:3}%", ending="")

    def _print(self, standing: Progress, *, as_json: bool) -> None:
        account = asdict(standing.balance)
        if as_json:
            self.stdout.write(json.dumps(account))
            return
        for name, records in account.items():
            self.stdout.write(f"{name.replace('_', ' '):>12} {records:>12,}")
