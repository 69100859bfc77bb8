"""All that the database holds, as text. Imported after Django has been set up."""

import json
from collections.abc import Iterator

from django.contrib.sessions.models import Session
from django.db import connection

from fsdest.records import blocks

ZSTD = b"\x28\xb5\x2f\xfd"  # how a block of ours begins


def database() -> list[tuple[str, str]]:
    """Return (table, text) of every value: blocks unpacked, sessions decoded."""
    return [*_values(), *_sessions()]


def _values() -> Iterator[tuple[str, str]]:
    """Ask for the tables themselves, so that none is forgotten that has no model of ours."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                yield from ((table, _text(value)) for value in row if value is not None)


def _sessions() -> Iterator[tuple[str, str]]:
    for session in Session.objects.iterator():
        yield "django_session", json.dumps(session.get_decoded(), default=str)


def _text(value: object) -> str:
    if not isinstance(value, bytes | memoryview):
        return str(value)
    data = bytes(value)
    lines = blocks.unpack(data) if data.startswith(ZSTD) else [data]
    return b"\n".join(lines).decode(errors="replace")
