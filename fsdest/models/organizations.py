"""Who owns what: an organization owns every object, and people reach it through a membership."""

import uuid
from typing import Self, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from fsdest.models.roles import MAY, Permission, Role

Row = TypeVar("Row", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Row]):
    """Rows with an `organization` of their own."""

    def for_member(self, member: "Membership") -> Self:
        """Keep the rows of the organization that `member` is at work in.

        A person in several organizations sees one at a time: what they may do follows from
        their role there, and never from a role that they have elsewhere.
        """
        return self.filter(organization=member.organization_id)


class Organization(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in an organization, and what they are trusted with there."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    may_delete_people = models.BooleanField(default=False)  # at FullStory; beside the role
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet["Membership"].as_manager()

    class Meta:
        ordering = ["organization__name", "organization_id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_each"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_has_a_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the person may do here, by role and by what was granted beside it."""
        granted = {Permission.DELETE_PEOPLE} if self.may_delete_people else frozenset()
        return MAY[Role(self.role)] | granted

    def may(self, permission: Permission) -> bool:
        """Return whether the person may do this here."""
        return permission in self.permissions

    def change(self, *, role: Role, may_delete_people: bool) -> bool:
        """Give the person another role; False, with nothing changed, to the last admin."""
        with transaction.atomic():
            if role != Role.ADMIN and self._is_last_admin():
                return False
            self.role, self.may_delete_people = role, may_delete_people
            self.save(update_fields=["role", "may_delete_people"])
        return True

    def remove(self) -> bool:
        """Take the person out of the organization; False, with nothing changed, for the last admin.

        The person stays, and so does what they did here.
        """
        with transaction.atomic():
            if self._is_last_admin():
                return False
            self.delete()
        return True

    def _is_last_admin(self) -> bool:
        """Return whether nobody else could let people in; the organization's row is locked."""
        Organization.objects.select_for_update().get(pk=self.organization_id)
        admins = Membership.objects.filter(organization=self.organization_id, role=Role.ADMIN)
        return [each.pk for each in admins] == [self.pk]
