"""Who did what, in the whole installation."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fsdest.admin.books import ReadOnly, code, moment
from fsdest.audit import Action
from fsdest.models import AuditEntry


class OfAction(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Return every action that can be done."""
        return list(Action.choices)

    def queryset(self, request: HttpRequest, rows):  # type: ignore[no-untyped-def]
        """Keep the entries of one action."""
        return rows.filter(action=self.value()) if self.value() else rows


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    list_display = ("when", "who", "said", "whose", "address")
    list_display_links = ("when",)
    list_filter = (OfAction,)
    search_fields = ("actor_name__exact", "object_id__exact")
    search_help_text = "A person's name, or the id of an object, in full"
    fields = (
        *("when", "actor_name", "actor_id", "said", "object_kind", "object_name", "object_id"),
        *("organization_name", "organization_id", "was", "then", "address", "request_id"),
    )

    @admin.display(description="time (UTC)")
    def when(self, entry: AuditEntry) -> str:
        """Return when it was done."""
        return moment(entry.at)

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        """Return the name of a person, or of what did it."""
        return entry.actor_name

    @admin.display(description="organization")
    def whose(self, entry: AuditEntry) -> str:
        """Return the organization that it was done in."""
        return entry.organization_name or "–"

    @admin.display(description="what")
    def said(self, entry: AuditEntry) -> str:
        """Return what was done to what."""
        return entry.said

    @admin.display(description="before")
    def was(self, entry: AuditEntry) -> SafeString:
        """Return what it was before."""
        return code(json.dumps(entry.before, indent=2, ensure_ascii=False))

    @admin.display(description="after")
    def then(self, entry: AuditEntry) -> SafeString:
        """Return what it was afterwards."""
        return code(json.dumps(entry.after, indent=2, ensure_ascii=False))
