"""An entry of the audit stays as it was written, whoever tries to change it."""

import pytest
from django.db import DatabaseError, connection, transaction

from fsdest.audit import Action, record
from fsdest.models import AuditEntry
from fsdest.models.append_only import REFUSAL, TABLE, protect
from fsdest.models.audit import AppendOnlyError


@pytest.fixture
def entry(organization) -> AuditEntry:
    return record(Action.CREATED, organization, actor="ann")


@pytest.mark.surface("S26")
def test_an_entry_is_neither_saved_again_nor_deleted(entry):
    entry.actor_name = "somebody else"
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.filter(pk=entry.pk).update(actor_name="somebody else")
    with pytest.raises(AppendOnlyError):
        AuditEntry.objects.all().delete()

    assert AuditEntry.objects.get().actor_name == "ann"


@pytest.mark.parametrize(
    "statement",
    [f"UPDATE {TABLE} SET actor_name = 'eve'", f"DELETE FROM {TABLE}", f"TRUNCATE TABLE {TABLE}"],
)
@pytest.mark.surface("S26")
def test_the_database_refuses_as_well(entry, statement):
    if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
        pytest.skip("SQLite knows no TRUNCATE")

    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        connection.cursor().execute(statement)

    assert AuditEntry.objects.get().actor_name == "ann"


def test_migrating_again_leaves_the_protection_as_it_is(entry):
    protect(using="default")

    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        connection.cursor().execute(f"DELETE FROM {TABLE}")


def test_an_entry_outlives_what_it_tells_of(entry, organization):
    organization.delete()

    assert AuditEntry.objects.get().organization_name == "Ours"


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_deed_leaves_no_entry(organization):
    with transaction.atomic():
        record(Action.EDITED, organization)
        transaction.set_rollback(True)

    assert not AuditEntry.objects.exists()
