"""Who owns what: an organization owns every object, and people reach it through a membership."""

import uuid
from typing import Self, TypeVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

Row = TypeVar("Row", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Row]):
    """Rows with an `organization` of their own."""

    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Keep the rows of the organizations that `user` is a member of."""
        return self.filter(organization__memberships__user=user.pk)


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Keep the organizations that `user` is a member of."""
        return self.filter(memberships__user=user.pk)


class Organization(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"
