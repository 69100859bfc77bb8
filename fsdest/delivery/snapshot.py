"""The database as it is at one moment, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """Let everything that is read inside be of one moment, and hold up nobody who writes.

    Nothing may be written inside. Within a transaction that has begun before, this changes nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    with _reading_begins_deferred(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def _reading_begins_deferred() -> Iterator[None]:
    """Let SQLite begin without the lock that our transactions take, since they mean to write."""
    if connection.vendor != "sqlite":
        yield
        return
    wrapper = connection._connections[connection._alias]  # type: ignore[attr-defined]
    usual, wrapper.transaction_mode = wrapper.transaction_mode, None
    try:
        yield
    finally:
        wrapper.transaction_mode = usual
