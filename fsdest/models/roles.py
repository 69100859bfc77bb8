"""What each role may do in an organization: the one table that everything asks."""

from enum import StrEnum

from django.db import models


class Role(models.TextChoices):
    """What a person is in an organization, by what they are trusted with."""

    ADMIN = "admin"
    OPERATOR = "operator"
    EDITOR = "editor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """Something that a person may do, or not. Its value is its name in templates: `may.operate`."""

    READ = "read"
    CONFIGURE = "configure"
    CREDENTIALS = "credentials"
    DRY_RUN = "dry_run"
    OPERATE = "operate"
    DELETE = "delete"
    PEOPLE = "people"
    DELETE_PEOPLE = "delete_people"  # no role has it: an admin grants it to a person


MAY: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.EDITOR: frozenset(
        {Permission.READ, Permission.CONFIGURE, Permission.CREDENTIALS, Permission.DRY_RUN}
    ),
    Role.OPERATOR: frozenset({Permission.READ, Permission.DRY_RUN, Permission.OPERATE}),
    Role.ADMIN: frozenset(Permission) - {Permission.DELETE_PEOPLE},
}

# What each permission allows, as a person reads it.
WORDS: dict[Permission, str] = {
    Permission.READ: "See everything but keys: flows, records, calls, quarantine; export",
    Permission.CONFIGURE: "Upload files; make, configure, test, copy, import destinations",
    Permission.CREDENTIALS: "Add, rename and test credentials, replace their keys",
    Permission.DRY_RUN: "Start dry runs, which send nothing",
    Permission.OPERATE: "Activate and pause destinations; release and discard records",
    Permission.DELETE: "Delete flows, destinations with their account, and credentials",
    Permission.PEOPLE: "Invite people, change their roles, remove them; read the audit",
    Permission.DELETE_PEOPLE: "Make, test, activate and release deletions at FullStory",
}
