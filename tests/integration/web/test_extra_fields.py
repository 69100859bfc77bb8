"""What no form asks for is not taken: every column there is, posted to every address there is.

Each address is asked twice in the same world, as its form would and with a field for each column
of each table beside that; both times the tables have to end alike.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from fsdest.delivery import portable
from fsdest.models import AuditEntry, Burst, Destination, Organization, TakenForm
from fsdest.web.urls import urlpatterns
from tests.integration.web.who_may import ANSWERS, PEOPLE, TABLE

PASSWORD, OTHER = "correct horse battery", "another horse battery"
NEW_KEY = {"name": "New", "description": "", "target": "sandbox", "api_key": "na1.NEW/ORG"}
SETTINGS = {
    "name": "Named",
    "slot": "create-or-update-user",
    "endpoint": "create-or-update-user",
    "version": "1",
    "mapping.uid.source": "attribute",
    "mapping.uid.attribute": "uid",
}
WIZARD = ("configure", "settings", "preview", "discard", "lookup", "records", "test")
# What the forms ask for; of those that are not here, nothing.
ASKED: dict[str, dict[str, str]] = {
    **{f"wizard-{step}": SETTINGS for step in WIZARD},
    "wizard-select": {"connector": "fullstory"},
    "wizard-credential": NEW_KEY,
    "credential-new": NEW_KEY,
    "credential": {"name": "Renamed", "description": "anew"},
    "source-rename": {"name": "Renamed"},
    "nexset-rename": {"name": "Renamed"},
    "credential-key": {"api_key": "na1.ANOTHER/ORG"},
    "account": {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER},
    "end-sessions": {"sessions-password": PASSWORD},
    "invitation": {"username": "eve", "password1": OTHER, "password2": OTHER},
    "person-role": {"role": "editor"},
    "invite": {"role": "viewer", "note": "Vera"},
    "quarantine-decide": {"all": "1"},
    "destination-record-edit": {"record": '{"uid": "user-1", "plan": "new"}'},
    "login": {"username": "ann", "password": "wrong"},
}
# Fields that the forms have as well, named like a column.
ALSO_ASKED = {
    **{f"wizard-{step}": {"echo", "credential"} for step in WIZARD},
    "person-role": {"may_delete_people"},
    "invite": {"may_delete_people"},
    "quarantine-decide": {"id", "code", "until"},
    "wizard-authenticate": {"credential"},
    "destination-import": {"nexset", "credential"},
    "upload": {"name"},
}
OURS = [each for each in apps.get_models() if each._meta.app_label == "fsdest" or each is User]
COUNTERS = {Burst, TakenForm}
RANDOM = {"sealed_key", "token_digest", "password", "request_id", "path", "last_login"}
ADMIN = PEOPLE.index("admin")
TAKES_FORMS = [
    each for each in urlpatterns if ANSWERS[TABLE[str(each.name)][1]][ADMIN] not in {"post", "none"}
]

Rows = list[tuple[str, tuple[tuple[str, str], ...]]]


def hostile(field: models.Field, theirs: Organization, stranger: User) -> str:
    """Return what somebody would put into a column to gain by it."""
    match field:
        case models.ForeignKey() if field.related_model is Organization:
            return str(theirs.pk)
        case models.ForeignKey():
            return str(stranger.pk if field.related_model is User else theirs.pk)
        case models.BooleanField():
            return "on"
        case models.DateTimeField():
            return "2001-01-01T00:00:00Z"
        case models.IntegerField() | models.FloatField():
            return "7777777"
        case models.JSONField():
            return '{"poisoned": true}'
        case models.UUIDField():
            return str(theirs.pk)
    choices = [str(value) for value, _ in field.choices or ()]
    return choices[-1] if choices else "poisoned"


def columns(theirs: Organization, stranger: User) -> Iterator[tuple[str, str]]:
    """Yield (name, value) for each column there is, by both names of a foreign key."""
    for model in OURS:
        for field in model._meta.concrete_fields:
            value = hostile(field, theirs, stranger)
            yield from ((name, value) for name in {field.name, field.attname})
    yield from (("role", "admin"), ("status", "active"), ("owner", str(stranger.pk)))
    yield from (("user", str(stranger.pk)), ("groups", "1"), ("user_permissions", "1"))


class Tables:
    """What the database holds, without what is another each time: times, new ids, random texts."""

    def __init__(self) -> None:
        self._of = {model: {str(row.pk) for row in model._base_manager.all()} for model in OURS}
        self._known = set().union(*self._of.values())

    def rows(self) -> Rows:
        found = []
        for model in OURS:
            if model in COUNTERS:
                continue
            for row in model._base_manager.values():
                told = {name: self._told(model, name, value) for name, value in row.items()}
                found.append((model.__name__, tuple(sorted(told.items()))))
        return sorted(found)

    def _told(self, model: type[models.Model], name: str, value: object) -> str:
        is_id = name == "id" or name.endswith("_id")
        if name in RANDOM or (model is AuditEntry and is_id and str(value).isdecimal()):
            return "random"
        if isinstance(value, datetime):
            return "at some time" if value.year > 2001 else str(value)
        if is_id and not isinstance(value, UUID):
            named = model._meta.get_field(name).related_model or model
            is_known = str(value) in self._of.get(named, ()) or value is None
            return str(value) if is_known else "new"
        text = json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)
        text = re.sub(r'"invitation": \d+', "an invitation", text)
        text = re.sub(r"20[2-9]\d-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "at some time", text)
        return re.sub(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", self._named, text)

    def _named(self, found: re.Match[str]) -> str:
        return found[0] if found[0] in self._known else "new"


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def tables(world, charlie, ann) -> Tables:
    ann.set_password(PASSWORD)
    ann.save()
    return Tables()


@pytest.fixture
def after(tables, ann, world, stand_in) -> Callable[..., Rows]:
    """`after(name, extra)`: what the tables hold once that was posted too; then it is undone."""

    def post(pattern, extra: dict[str, str]) -> Rows:
        name = str(pattern.name)
        where = reverse(name, kwargs={each: world[each] for each in pattern.pattern.converters})
        with undone():
            browser = Client()
            if name not in {"invitation", "login"}:
                browser.force_login(ann)
            browser.post(where, extra | ASKED.get(name, {}) | files(name, world))
            for one in Destination.objects.exclude(draft={}):  # keeps what was typed, by its name
                one.draft = without(one.draft, set(extra))
                one.save(update_fields=["draft"])
            return tables.rows()

    return post


def without(draft: dict[str, Any], names: set[str]) -> dict[str, Any]:
    typed = {
        slot: {name: values for name, values in fields.items() if name not in names}
        for slot, fields in draft.get("typed", {}).items()
    }
    return {**draft, "typed": typed}


def files(name: str, world: dict[str, Any]) -> dict[str, Any]:
    """Return the file that a form asks for, and what names objects."""
    if name == "upload":
        return {"file": SimpleUploadedFile("a.csv", b"uid\nann\n"), "name": "Uploaded"}
    if name == "destination-import":
        text = portable.write(Destination.objects.get(pk=world["destination"]))
        file = SimpleUploadedFile("d.yaml", text.encode())
        return {"file": file, "nexset": world["nexset"], "credential": world["credential"]}
    return {"credential": world["credential"]} if name == "wizard-authenticate" else {}


@pytest.mark.surface("S19")
@pytest.mark.parametrize("pattern", TAKES_FORMS, ids=lambda each: str(each.name))
def test_what_a_form_does_not_ask_for_is_not_taken(after, charlie, pattern):
    theirs = Organization.objects.get(name="Theirs")
    name = str(pattern.name)
    asked = ASKED.get(name, {}).keys() | ALSO_ASKED.get(name, set())
    extra = {each: value for each, value in columns(theirs, charlie) if each not in asked}
    assert {"organization", "organization_id", "is_staff", "is_superuser", "sealed_key"} < set(
        extra
    )

    plain, poisoned = after(pattern, {}), after(pattern, extra)

    assert [each for each in poisoned if each not in plain] == []
    assert poisoned == plain


def test_the_comparison_notices_what_is_taken(tables, organization):
    before = tables.rows()
    with undone():
        Destination.objects.update(status="active")
        assert tables.rows() != before
    with undone():
        User.objects.filter(username="ann").update(is_superuser=True)
        assert tables.rows() != before
    assert tables.rows() == before


def test_the_forms_are_filled_so_that_most_of_them_change_something(after, tables):
    before = tables.rows()
    idle = [str(each.name) for each in TAKES_FORMS if after(each, {}) == before]

    assert len(idle) < len(TAKES_FORMS) / 3, idle
