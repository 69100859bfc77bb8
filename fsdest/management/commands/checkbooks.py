"""Recount every destination from the tables; exit 1 if one does not balance."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from fsdest.delivery.recount import Finding, recount
from fsdest.models import Destination

COLUMNS = ("accepted", "delivered", "in_jobs", "pending", "parked", "skipped", "quarantined")


class Command(BaseCommand):
    help = "Recount every destination from the tables; exit 1 if one does not balance."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        saved = Destination.objects.exclude(version=None).select_related("nexset")
        findings = [recount(destination) for destination in saved]
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(finding) for finding in findings]))
        else:
            self._table(findings)
        if not all(finding.is_right for finding in findings):
            raise SystemExit(1)

    def _table(self, findings: list[Finding]) -> None:
        self.stdout.write("".join(f"{name:>12}" for name in COLUMNS) + "  destination")
        for finding in findings:
            account = asdict(finding.balance)
            numbers = "".join(f"{account[name]:>12,}" for name in COLUMNS)
            self.stdout.write(f"{numbers}  {finding.destination.name}")
            for sentence in finding.disagreements:
                self.stdout.write(self.style.ERROR(f"    {sentence}"))
        wrong = sum(not finding.is_right for finding in findings)
        verdict = "All books balance." if not wrong else f"{wrong} do not balance."
        self.stdout.write(verdict)


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "destination": str(finding.destination.pk),
        "name": finding.destination.name,
        "status": finding.destination.status,
        "is_balanced": finding.is_right,
        "disagreements": finding.disagreements,
        **asdict(finding.balance),
    }
