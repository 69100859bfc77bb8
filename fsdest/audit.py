"""Write down who did what to which object, without secrets: `record`, from wherever it is done.

A door says once who asks (`asking`), so that the functions below it need not hand that through.
Record inside the transaction of the deed: then both are there or neither.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.transaction import on_commit
from django.utils.timezone import now

from fsdest.models import AuditEntry, Membership, Organization
from fsdest.models.audit import Action
from fsdest.payloads.secrets_in import looks_secret
from fsdest.vault import REDACTED

__all__ = ["Action", "Asker", "asking", "record", "record_login"]

log = logging.getLogger("fsdest.audit")

LONGEST_TEXT = 500  # characters kept of one value
INSTALLATION = "installation"  # the kind of what is done to no single object

Person = AbstractBaseUser | AnonymousUser
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks for what is being done. `person` is called when something is recorded."""

    person: Callable[[], Person | None]
    address: str
    request_id: str


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def asking(asker: Asker) -> Iterator[None]:
    """Let what is recorded inside be done by `asker`."""
    before = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(before)


def who_asks() -> Person | None:
    """Return the person whose request is being answered, or None."""
    asker = _asker.get()
    return asker.person() if asker else None


def record(
    action: Action,
    about: models.Model | None,
    *,
    actor: Person | str | None = None,
    before: Facts | None = None,
    after: Facts | None = None,
    organization: Organization | None = None,
) -> AuditEntry:
    """Append that `action` was done to `about`, or to the whole installation: None.

    `actor` is a person, or the name of what did it; left out, who asks, or this very process.
    `before` and `after` hold what changed; whatever is named like a secret is blacked out.
    The organization is the object's own unless it is given.
    """
    asker = _asker.get()
    person = actor if actor is not None else who_asks()
    owner = organization or _owner(about)
    entry = AuditEntry(
        at=now(),
        **_actor(person),
        action=action,
        **_object(about),
        organization_id=owner.pk if owner else None,
        organization_name=owner.name if owner else "",
        before=_safe(before),
        after=_safe(after),
        address=asker.address if asker else "",
        request_id=asker.request_id if asker else "",
    )
    entry.save()
    on_commit(lambda: _tell(entry))
    return entry


def record_login(action: Action, user: AbstractBaseUser, *, actor: Person | str) -> None:
    """Append a login, or what is like one, for each organization of `user`, or for none."""
    memberships = Membership.objects.filter(user_id=user.pk).select_related("organization")
    organizations: list[Organization | None] = [each.organization for each in memberships]
    for organization in organizations or [None]:
        record(action, user, actor=actor, organization=organization)


def _actor(person: Person | str | None) -> dict[str, str]:
    if isinstance(person, str):
        return {"actor_id": "", "actor_name": person[:150]}
    if person is None or not person.is_authenticated:
        return {"actor_id": "", "actor_name": "Nobody" if _asker.get() else _process()}
    return {"actor_id": str(person.pk), "actor_name": person.get_username()[:150]}


def _process() -> str:
    """Return what a person calls this process: a command, or a worker."""
    program, *arguments = sys.argv
    if Path(program).name == "manage.py" and arguments:
        return f"manage.py {arguments[0]}"
    return "The system"


def _object(about: models.Model | None) -> dict[str, str]:
    if about is None:
        return {"object_kind": INSTALLATION}
    return {
        "object_kind": str(about._meta.verbose_name)[:40],
        "object_id": str(about.pk),
        "object_name": str(about)[:200],
    }


def _owner(about: models.Model | None) -> Organization | None:
    if isinstance(about, Organization):
        return about
    found = getattr(about, "organization", None)
    return found if isinstance(found, Organization) else None


def _safe(facts: Any) -> Any:
    """Return `facts` as JSON holds them, without secrets and with no text too long."""
    match facts:
        case Mapping():
            return {
                str(name): REDACTED if looks_secret(str(name)) and value else _safe(value)
                for name, value in facts.items()
            }
        case list() | tuple():
            return [_safe(each) for each in facts]
        case None | bool() | int() | float():
            return facts
        case _:
            text = str(facts).replace("\0", "")
            return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _tell(entry: AuditEntry) -> None:
    place = f" in {entry.organization_name}" if entry.organization_name else ""
    asked = f" from {entry.address}, request {entry.request_id}" if entry.address else ""
    log.info("%s (%s)%s%s", entry, entry.object_id or "-", place, asked)
