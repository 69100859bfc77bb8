"""A destination as a file, out and in: see payloads.portable for the file."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from fsdest.audit import Action, record
from fsdest.delivery import control
from fsdest.models import Credential, Destination, Nexset
from fsdest.payloads import configuration as configurations
from fsdest.payloads import portable
from fsdest.payloads.plain_yaml import UnreadableError
from fsdest.payloads.portable import Portable
from fsdest.records.schema import Schema


def write(destination: Destination) -> str:
    """Return the file of a destination that has a version: the one in force."""
    if destination.version is None:
        raise ValueError(f"destination {destination.pk} was never saved")
    credential = destination.credential.name if destination.credential else ""
    record(Action.EXPORTED, destination)
    return portable.write(
        destination.name, destination.connector, credential, destination.version.read()
    )


def credential_for(found: Portable, nexset: Nexset, *, name: str = "") -> Credential:
    """Return the credential called `name`, or as the file says, of the nexset's organization.

    Raises UnreadableError with a sentence on what to do.
    """
    wanted = name or found.credential
    if not wanted:
        raise UnreadableError("The file names no credential: choose one.")
    mine = Credential.objects.filter(organization=nexset.organization_id, name=wanted).first()
    if mine is None:
        raise UnreadableError(f"There is no credential called {wanted[:120]}: choose another.")
    return mine


def take_in(
    found: Portable,
    *,
    nexset: Nexset,
    credential: Credential,
    user: AbstractBaseUser | AnonymousUser | None,
    now: datetime,
) -> Destination:
    """Return the destination that the file describes, paused, for the records of `nexset`.

    Raises UnreadableError where it cannot work for them; then nothing was made.
    """
    attributes = Schema.from_json(nexset.attributes).attributes
    problems = configurations.problems(found.configuration, attributes)
    if problems:
        more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
        raise UnreadableError(f"{problems[0].field}: {problems[0].sentence}{more}")
    with transaction.atomic():
        made = Destination.objects.create(
            organization_id=nexset.organization_id,
            nexset=nexset,
            credential=credential,
            name=found.name,
            connector=found.connector,
        )
        after = {"nexset": nexset.name, "credential": credential.name}
        record(Action.IMPORTED, made, actor=user, after=after)
        control.save_version(made, found.configuration, user=user, now=now)
    made.refresh_from_db()
    return made


def still_needed(left_out: Iterable[str]) -> str:
    """Return a sentence on the secrets that the file left out, or nothing."""
    places = ", ".join(left_out)
    if not places:
        return ""
    return f"Fill in what the file left out as a secret before you activate it: {places}."
