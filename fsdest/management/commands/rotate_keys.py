"""Seal every credential again with the newest of CREDENTIAL_KEYS, while everything runs."""

from typing import Any

from django.core.management.base import BaseCommand

from fsdest import rotation


class Command(BaseCommand):
    help = "Seal every credential with the newest key; exit 1 if one opens with no key."

    def handle(self, *args: Any, **options: Any) -> None:
        rotated = rotation.reseal()
        self.stdout.write(rotated.sentence)
        for credential in rotated.closed:
            self.stdout.write(self.style.ERROR(f"    {credential.name} ({credential.pk})"))
        if not rotated.is_complete:
            raise SystemExit(1)
