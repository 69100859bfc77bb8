"""Nexsets, with a look at their first records."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fsdest.admin.books import ReadOnly, code, link, list_link, when
from fsdest.models import Nexset

RECORDS_SHOWN = 20
LONGEST_LINE = 2_000  # characters


@admin.register(Nexset)
class NexsetAdmin(ReadOnly):
    list_display = (
        "name",
        "organization",
        "origin",
        "record_count",
        "is_ready",
        "sent_to",
        when("created_at", "created"),
    )
    list_filter = ("is_ready",)
    list_select_related = ("organization", "source")
    search_fields = ("name",)
    fields = (
        *("name", "organization", "origin", "record_count", "is_ready", "created_at"),
        *("sent_to", "attribute_names", "peek"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Nexset]:
        """Count the destinations along."""
        return Nexset.objects.annotate(uses=Count("destinations"))

    @admin.display(description="source")
    def origin(self, nexset: Nexset) -> SafeString | str:
        """Return a link to its source."""
        return link(nexset.source)

    @admin.display(description="destinations")
    def sent_to(self, nexset: Nexset) -> SafeString:
        """Return a link to where it is sent."""
        number = nexset.uses  # type: ignore[attr-defined]  # annotated
        return list_link(f"{number:,}", "destination", nexset__id__exact=nexset.pk)

    @admin.display(description="attributes")
    def attribute_names(self, nexset: Nexset) -> str:
        """Return what its records have."""
        found = nexset.attributes.get("attributes", [])
        return ", ".join(str(each.get("path", "")) for each in found) or "–"

    @admin.display(description="first records")
    def peek(self, nexset: Nexset) -> SafeString:
        """Return the first records, one a line."""
        lines = nexset.lines(0, RECORDS_SHOWN)
        return code("\n".join(line.decode(errors="replace")[:LONGEST_LINE] for _, line in lines))
