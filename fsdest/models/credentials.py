"""A key to a FullStory organization: sealed at rest, never shown again."""

import uuid
from functools import cache

from django.conf import settings
from django.db import models

from fsdest import vault
from fsdest.models.organizations import Organization, OwnedQuerySet

# What FullStory's pages call the roles of GET /me.
# Source: https://developer.fullstory.com/server/authentication
LEVELS = {"USER": "Standard", "ARCHITECT": "Architect", "ADMIN": "Admin"}


@cache
def the_vault() -> vault.Vault:
    """Return the vault of this installation."""
    return vault.Vault(settings.CREDENTIAL_KEYS)


class Credential(models.Model):
    class Status(models.TextChoices):
        UNVERIFIED = "unverified"
        VERIFIED = "verified"
        FAILED = "failed"

    class Target(models.TextChoices):
        FULLSTORY = "fullstory", "FullStory"
        SANDBOX = "sandbox", "FullStory sandbox"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="credentials"
    )
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    target = models.CharField(max_length=20, choices=Target, default=Target.FULLSTORY)
    sealed_key = models.TextField()
    key_hint = models.CharField(max_length=8, blank=True)  # the last characters of the key
    status = models.CharField(max_length=20, choices=Status, default=Status.UNVERIFIED)
    problem = models.TextField(blank=True)  # why the last test failed, for a person
    role = models.CharField(max_length=30, blank=True)  # from GET /me: USER, ARCHITECT, ADMIN
    org_id = models.CharField(max_length=60, blank=True)  # FullStory's, from GET /me
    email = models.CharField(max_length=254, blank=True)  # who made the key, from GET /me
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # What FullStory asked for with its last 429; Redis has it too, this copy outlives Redis.
    hold_until = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=300, blank=True)
    per_second = models.FloatField(null=True, blank=True)  # calls/s; empty: no limit of ours

    objects = OwnedQuerySet["Credential"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="one_credential_of_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def base_url(self) -> str:
        """Where calls with this key go, without a slash at the end."""
        if self.target == self.Target.SANDBOX:
            return str(settings.FULLSTORY_SANDBOX_URL)
        return str(settings.FULLSTORY_URL)

    @property
    def is_sandbox(self) -> bool:
        return self.target == self.Target.SANDBOX

    @property
    def is_verified(self) -> bool:
        return self.status == self.Status.VERIFIED

    @property
    def is_failed(self) -> bool:
        return self.status == self.Status.FAILED

    @property
    def level(self) -> str:
        """The level of the key as people know it, or nothing while it is not known."""
        return LEVELS.get(self.role, "")

    def seal(self, key: str) -> None:
        """Put `key` in place of the one before; what was known about that one is forgotten."""
        self.sealed_key = the_vault().seal(key)
        self.key_hint = vault.hint(key)
        self.status = self.Status.UNVERIFIED
        self.problem = self.role = self.org_id = self.email = ""
        self.checked_at = None

    def unseal(self) -> str:
        """Return the key in the clear, for `outbound` alone. Raises vault.CannotUnseal."""
        return the_vault().unseal(self.sealed_key)
