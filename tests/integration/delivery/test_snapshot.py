"""The books can be counted while they are written: what is read is of one moment."""

import threading

import pytest
from django.db import DatabaseError, connection

from fsdest.delivery.snapshot import snapshot
from fsdest.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(name: str) -> None:
    """Add an organization as another process would."""

    def add() -> None:
        Organization.objects.create(name=name)
        connection.close()

    thread = threading.Thread(target=add)
    thread.start()
    thread.join(15)
    assert not thread.is_alive(), "the reader holds up a writer"


@pytest.fixture
def two_connections():
    """Skip where the tests have none; tests/stack counts the books of a file that is written to."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("a database in memory has one connection")


def test_what_others_write_meanwhile_is_not_seen_and_not_held_up(two_connections):
    with snapshot():
        before = Organization.objects.count()
        elsewhere("Meanwhile")
        assert Organization.objects.count() == before

    assert Organization.objects.count() == before + 1


def test_nothing_can_be_written_inside_where_the_database_can_refuse():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no transaction that only reads")
    with pytest.raises(DatabaseError), snapshot():
        Organization.objects.create(name="Inside")


def test_transactions_are_begun_as_usual_afterwards():
    usual = connection.transaction_mode if connection.vendor == "sqlite" else None
    with snapshot():
        Organization.objects.count()

    assert (connection.transaction_mode if connection.vendor == "sqlite" else None) == usual
