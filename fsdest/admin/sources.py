"""Sources: the files that records came from."""

from django.contrib import admin
from django.utils.safestring import SafeString

from fsdest.admin.books import ReadOnly, chip, list_link, table, when
from fsdest.models import Source

ROWS_SHOWN = 50


@admin.register(Source)
class SourceAdmin(ReadOnly):
    list_display = (
        "name",
        "organization",
        "kind",
        "state",
        "rows_read",
        "rows_rejected",
        when("created_at", "created"),
    )
    list_filter = ("status", "kind")
    list_select_related = ("organization",)
    search_fields = ("name", "file_name")
    fields = (
        *("name", "organization", "kind", "state", "problem", "file_name", "bytes_total"),
        *("rows_read", "rows_rejected", "created_at", "owner", "lease_until", "nexset", "rejected"),
    )

    @admin.display(description="status")
    def state(self, source: Source) -> SafeString:
        """Return whether it was read."""
        return chip(source.status, source.get_status_display())

    @admin.display(description="nexsets")
    def nexset(self, source: Source) -> SafeString:
        """Return a link to what was made of it."""
        return list_link("Show", "nexset", source__id__exact=source.pk)

    @admin.display(description="rejected rows")
    def rejected(self, source: Source) -> SafeString | str:
        """Return the first rows that did not become records."""
        rows = source.rejected_rows.values_list("line_number", "reason", "excerpt")[:ROWS_SHOWN]
        return (
            table(["Line", "Reason", "It begins"], [list(row) for row in rows]) if rows else "None"
        )
