"""Read a file into a nexset, here and now, through the code that reads uploads."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from fsdest import ingest
from fsdest.models import Nexset, Organization, Source

REJECTED_SHOWN = 20


class Command(BaseCommand):
    help = "Read a CSV, JSON or JSON lines file into a nexset; exit 1 if it cannot be read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--nexset", metavar="NAME", help="default: the name of the file")
        parser.add_argument("--organization", metavar="NAME", help="needed if there are several")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = _organization(options["organization"])
        source = self._load(organization, Path(options["file"]), options["nexset"])
        nexset = source.nexsets.first()
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(source, nexset)))
        else:
            self._table(source, nexset)
        if nexset is None:
            raise CommandError(source.problem)

    def _load(self, organization: Organization, file: Path, name: str | None) -> Source:
        try:
            with file.open("rb") as stream:
                source = ingest.load(
                    organization,
                    stream,
                    name=name or file.stem,
                    file_name=file.name,
                    clock=now,
                    watch=self._progress if sys.stderr.isatty() else None,
                )
        except OSError as error:
            raise CommandError(f"{file} cannot be opened: {error.strerror}.") from error
        except ingest.LeaseLost as lost:
            raise CommandError("The source was deleted while it was being read.") from lost
        if sys.stderr.isatty():
            self.stderr.write("")
        return source

    def _progress(self, source: Source) -> None:
        line = f"\r{source.percent_read:3} %  {source.rows_read:,} rows read"
        self.stderr.write(self.style.NOTICE(line), ending="")
        self.stderr.flush()

    def _table(self, source: Source, nexset: Nexset | None) -> None:
        if nexset is not None:
            self.stdout.write(f"{nexset.record_count:,} records in the nexset {nexset.name!r}.")
        if not source.rows_rejected:
            return
        were = "row was" if source.rows_rejected == 1 else "rows were"
        self.stdout.write(f"{source.rows_rejected:,} {were} rejected:")
        for row in source.rejected_rows.all()[:REJECTED_SHOWN]:
            self.stdout.write(f"{row.line_number:>9,}  {row.reason}: {row.excerpt[:60]}")
        if source.rows_rejected > REJECTED_SHOWN:
            self.stdout.write(f"      ...  {source.rows_rejected - REJECTED_SHOWN:,} more")


def _organization(name: str | None) -> Organization:
    found = list(Organization.objects.filter(**({"name": name} if name else {}))[:2])
    if len(found) == 1:
        return found[0]
    if name:
        raise CommandError(f"There is no organization called {name!r}.")
    if found:
        raise CommandError("There are several organizations; choose one with --organization.")
    raise CommandError("There is no organization yet; manage.py first_start makes one.")


def _as_json(source: Source, nexset: Nexset | None) -> dict[str, object]:
    rows = source.rejected_rows.values("line_number", "reason", "excerpt")
    return {
        "source": str(source.pk),
        "nexset": str(nexset.pk) if nexset else None,
        "name": source.name,
        "records": nexset.record_count if nexset else 0,
        "rejected": source.rows_rejected,
        "rejected_rows": list(rows),
        "problem": source.problem,
    }
