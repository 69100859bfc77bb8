"""A link that lets one person into an organization, once."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from fsdest.models.organizations import Membership, Organization, OwnedQuerySet
from fsdest.models.roles import Role

LASTS = timedelta(days=7)
TOKEN_BYTES = 32  # random ones: nobody guesses it, so its digest needs no salt


class InvitationQuerySet(OwnedQuerySet["Invitation"]):
    def open(self, now: datetime) -> Self:
        """Keep what can still be accepted."""
        return self.filter(
            accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
        ).select_related("organization", "created_by")

    def by_token(self, token: str) -> Self:
        """Keep the invitation that `token` belongs to."""
        return self.filter(token_digest=digest(token))


class Invitation(models.Model):
    """The token itself is in the link alone; here is its digest."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    role = models.CharField(max_length=20, choices=Role)
    may_delete_people = models.BooleanField(default=False)
    note = models.CharField(max_length=120, blank=True)  # who it is for, in an admin's words
    token_digest = models.CharField(max_length=64, unique=True)  # SHA-256, in hexadecimal
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of {self.organization}"

    def accept(self, user: AbstractBaseUser, *, now: datetime) -> Membership | None:
        """Make `user` a member; None if it was used, revoked or expired meanwhile.

        Whoever is a member already keeps the role they have, and the invitation stays open.
        """
        with transaction.atomic():
            if found := Membership.objects.filter(
                organization=self.organization_id, user=user.pk
            ).first():
                return found
            mine = Invitation.objects.filter(pk=self.pk).open(now)
            if not mine.order_by().update(accepted_at=now, accepted_by=user.pk):
                return None
            return Membership.objects.create(
                organization=self.organization,
                user_id=user.pk,
                role=self.role,
                may_delete_people=self.may_delete_people,
            )

    def revoke(self, *, now: datetime) -> bool:
        """Let nobody in by it any more; False if it was used or revoked before."""
        mine = Invitation.objects.filter(pk=self.pk).open(now)
        return mine.order_by().update(revoked_at=now) == 1


def invite(
    organization: Organization,
    *,
    role: Role,
    may_delete_people: bool,
    note: str,
    user: AbstractBaseUser,
    now: datetime,
) -> tuple[Invitation, str]:
    """Return a new invitation and its token, which nobody can find out later."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = Invitation.objects.create(
        organization=organization,
        role=role,
        may_delete_people=may_delete_people,
        note=note,
        token_digest=digest(token),
        created_by_id=user.pk,
        expires_at=now + LASTS,
    )
    return made, token


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
