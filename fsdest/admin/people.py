"""Organizations, people, and who belongs where."""

from typing import Any, ClassVar

from axes.admin import AccessAttemptAdmin, IsLockedOutFilter
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import AbstractUser, Group
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fsdest.admin.books import ReadOnly, list_link, moment, when
from fsdest.audit import Action, record
from fsdest.models import Invitation, Membership, Organization

User = get_user_model()


class Audited(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Writes each change into the audit, beside the log that Django keeps of its own."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Write down that it was made."""
        record(Action.CREATED, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Write down which of its fields were changed, and which of its members."""
        changes = [f"{verb} {_words(what)}" for each in message for verb, what in each.items()]
        record(Action.EDITED, obj, after={"changes": changes})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        """Write down what is about to be deleted."""
        for each in queryset:
            record(Action.DELETED, each)
        return super().log_deletions(request, queryset)


def _words(what: dict[str, Any]) -> str:
    """Return what Django says of a change: the fields, or the object beside it."""
    named = " ".join(str(what[name]) for name in ("name", "object") if name in what)
    return f"{named} {', '.join(map(str, what.get('fields', ())))}".strip()


class Members(admin.TabularInline):  # type: ignore[type-arg]  # not generic when it runs
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    verbose_name_plural = "members"


@admin.register(Organization)
class OrganizationAdmin(Audited):
    list_display = ("name", "members", "destinations", when("created_at", "created"))
    search_fields = ("name",)
    inlines = (Members,)
    show_full_result_count = False
    sortable_by = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Count members and destinations along."""
        return Organization.objects.annotate(
            people=Count("memberships", distinct=True), sends=Count("destinations", distinct=True)
        )

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody: its books would go with it."""
        return False

    @admin.display(description="members")
    def members(self, organization: Organization) -> int:
        """Return how many belong to it."""
        return int(organization.people)  # type: ignore[attr-defined]  # annotated

    @admin.display(description="destinations")
    def destinations(self, organization: Organization) -> SafeString:
        """Return a link to its destinations, with their number."""
        number = organization.sends  # type: ignore[attr-defined]  # annotated
        return list_link(f"{number:,}", "destination", organization__id__exact=organization.pk)


admin.site.unregister([User, Group, AccessAttempt, AccessLog, AccessFailureLog])


@admin.register(User)
class PersonAdmin(Audited, UserAdmin):  # type: ignore[type-arg]
    list_display = (
        "username",
        "email",
        "belongs_to",
        "is_active",
        "is_superuser",
        when("last_login", "last login"),
    )
    list_filter = ("is_active", "is_superuser")
    show_full_result_count = False
    fieldsets: ClassVar = (
        (None, {"fields": ("username", "password")}),
        ("Who it is", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AbstractUser]:
        """Bring the memberships along."""
        return super().get_queryset(request).prefetch_related("memberships__organization")

    @admin.display(description="organizations")
    def belongs_to(self, user: AbstractUser) -> str:
        """Return the names of the person's organizations."""
        mine = user.memberships.all()  # type: ignore[attr-defined]
        return ", ".join(str(each.organization) for each in mine) or "–"


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("__str__", "note", "created_by", when("created_at", "made"), "came_of_it")
    list_select_related = ("organization", "created_by", "accepted_by")
    fields = (
        *("organization", "role", "may_delete_people", "note", "created_by", "created_at"),
        *("expires_at", "accepted_by", "accepted_at", "revoked_at"),
    )

    @admin.display(description="came of it")
    def came_of_it(self, invitation: Invitation) -> str:
        """Return whether it was accepted or taken back."""
        if invitation.accepted_at:
            return f"accepted by {invitation.accepted_by}"
        if invitation.revoked_at:
            return "taken back"
        return f"open until {moment(invitation.expires_at)}"


@admin.register(AccessAttempt)
class FailedLoginAdmin(Audited, AccessAttemptAdmin):  # type: ignore[misc]  # axes has no types
    """Failed logins that still count; who deletes one lets that person try again."""

    list_display = (
        *("tried", "username", "ip_address", "failures_since_start", "standing", "user_agent"),
    )
    list_filter = (IsLockedOutFilter,)
    date_hierarchy = None
    show_full_result_count = False
    fieldsets: ClassVar = (
        (
            None,
            {
                "fields": (
                    *("tried", "username", "ip_address", "failures_since_start", "standing"),
                    *("path_info", "user_agent"),
                )
            },
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody: what happened is not edited."""
        return False

    @admin.display(description="last try (UTC)")
    def tried(self, attempt: AccessAttempt) -> str:
        """Return when it was tried last."""
        return moment(attempt.attempt_time)

    @admin.display(description="now")
    def standing(self, attempt: AccessAttempt) -> str:
        """Return whether that name may try again from that address."""
        left = settings.AXES_FAILURE_LIMIT - attempt.failures_since_start
        return f"{left} more before it has to wait" if left > 0 else "has to wait"
