"""Triggers by which the database itself refuses to change or delete an entry of the audit.

They are laid after each `migrate` rather than by one migration: SQLite drops a table's triggers
whenever a later migration makes the table anew. Who may change the schema can lift them; so each
entry is also a line of the log, which leaves the machine.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "fsdest_auditentry"
REFUSAL = "the audit is append-only"
NAMES = {
    "sqlite": ("audit_keeps_on_update", "audit_keeps_on_delete"),
    "postgresql": ("audit_keeps_rows", "audit_keeps_table"),
}

ON_SQLITE = [
    f"CREATE TRIGGER IF NOT EXISTS audit_keeps_on_{verb} BEFORE {verb} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for verb in ("update", "delete")
]
ON_POSTGRESQL = [
    f"""
    CREATE OR REPLACE FUNCTION audit_keeps() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$
    """,
    # A trigger that is there is left alone: laying it anew would lock the table.
    f"""
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_trigger
                     WHERE tgrelid = '{TABLE}'::regclass AND tgname = 'audit_keeps_rows') THEN
        CREATE TRIGGER audit_keeps_rows BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION audit_keeps();
        CREATE TRIGGER audit_keeps_table BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_keeps();
      END IF;
    END $$
    """,
]


def protect(*, using: str, **_signal: Any) -> None:
    """Lay the triggers where they are missing: a receiver of `post_migrate`."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return  # migrated back to before the audit
    with connection.cursor() as cursor:
        for statement in _statements(connection):
            cursor.execute(statement)


def _statements(connection: BaseDatabaseWrapper) -> list[str]:
    return ON_SQLITE if connection.vendor == "sqlite" else ON_POSTGRESQL
