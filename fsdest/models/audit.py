"""Who did what to which object, from where: written once, never changed, never deleted.

Nothing here is a foreign key: an entry outlives the person, the object and the organization that
it tells of. The database itself refuses to change or delete one: see models.append_only.
"""

from typing import Any, NoReturn, Self

from django.db import models

from fsdest.models.organizations import Membership


class AppendOnlyError(RuntimeError):
    """An entry of the audit can neither be changed nor deleted."""


class Action(models.TextChoices):
    """What can have been done, in the words that follow a person's name."""

    CREATED = "created", "created"
    EDITED = "edited", "edited"
    DELETED = "deleted", "deleted"
    SAVED = "saved", "saved a version of"
    ACTIVATED = "activated", "activated"
    PAUSED = "paused", "paused"
    HALTED = "halted", "halted"
    REQUEUED = "requeued", "requeued"
    COPIED = "copied", "copied"
    IMPORTED = "imported", "imported"
    EXPORTED = "exported", "exported"
    TESTED = "tested", "tested"
    DRY_RUN = "dry_run", "started a dry run of"
    RELEASED = "released", "released records of"
    DISCARDED = "discarded", "discarded records of"
    KEY_REPLACED = "key_replaced", "replaced the key of"
    KEYS_ROTATED = "keys_rotated", "sealed all keys anew in"
    PRUNED = "pruned", "pruned the books of"
    RECOUNTED = "recounted", "recounted"
    LOGGED_IN = "logged_in", "logged in as"
    LOGGED_OUT = "logged_out", "logged out as"
    LOGIN_FAILED = "login_failed", "failed to log in as"
    LOCKED_OUT = "locked_out", "was locked out as"
    PASSWORD_CHANGED = "password_changed", "changed the password of"
    SESSIONS_ENDED = "sessions_ended", "ended all other sessions of"
    INVITED = "invited", "invited somebody to"
    INVITATION_REVOKED = "invitation_revoked", "took back an invitation to"
    JOINED = "joined", "joined"
    ROLE_CHANGED = "role_changed", "changed the role of"
    REMOVED = "removed", "removed"


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def for_member(self, member: Membership) -> Self:
        """Keep what happened in the organization that `member` is at work in."""
        return self.filter(organization_id=member.organization_id)

    def update(self, **_changes: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError


class AuditEntry(models.Model):
    """One thing that was done. `actor_name` is all there is where no person did it."""

    at = models.DateTimeField()
    actor_id = models.CharField(max_length=40, blank=True)  # of a user; empty: no person
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=30)  # an Action: as choices each would be a migration
    object_kind = models.CharField(max_length=40)  # as people call it: "destination"
    object_id = models.CharField(max_length=40, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    organization_id = models.UUIDField(null=True)  # whose pages show it
    organization_name = models.CharField(max_length=120, blank=True)
    before = models.JSONField(null=True)  # what changed, without secrets
    after = models.JSONField(null=True)
    address = models.CharField(max_length=45, blank=True)  # IP address that it was asked from
    request_id = models.CharField(max_length=64, blank=True)  # as the log has it

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit"
        indexes = [
            models.Index(fields=["organization_id", "-id"], name="audit_organization"),
            models.Index(fields=["object_id", "-id"], name="audit_object"),
            models.Index(fields=["actor_name", "-id"], name="audit_actor"),
            models.Index(fields=["at"], name="audit_time"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.said}"

    @property
    def said(self) -> str:
        """What was done to what. Who failed to log in under an unknown name did it as nobody."""
        if not self.object_name and self.did.endswith(" as"):
            return self.did.removesuffix(" as")
        named = f" “{self.object_name}”" if self.object_name else ""
        return f"{self.did} {self.object_kind}{named}"

    @property
    def did(self) -> str:
        """What was done, in words."""
        return Action(self.action).label if self.action in Action else self.action

    def save(self, *args: Any, **options: Any) -> None:
        """Write a new entry. Raises AppendOnlyError for one that is there."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **options | {"force_insert": True})

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError
