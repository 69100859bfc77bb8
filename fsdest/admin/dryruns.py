"""Dry runs and what they counted."""

import json

from django.contrib import admin
from django.utils.safestring import SafeString

from fsdest.admin.books import OfDestination, ReadOnly, chip, code, link, when
from fsdest.models import DryRun


@admin.register(DryRun)
class DryRunAdmin(ReadOnly):
    list_display = (
        when("created_at", "started"),
        *("of", "version", "state", "percent", "attempts"),
        when("finished_at", "ended"),
    )
    list_filter = (OfDestination, "status")
    list_select_related = ("destination", "version")
    fields = (
        *("of", "version", "state", "percent", "problem", "created_at", "started_at"),
        *("finished_at", "owner", "lease_until", "attempts", "counted"),
    )

    @admin.display(description="destination")
    def of(self, run: DryRun) -> SafeString | str:
        """Return a link to its destination."""
        return link(run.destination)

    @admin.display(description="status")
    def state(self, run: DryRun) -> SafeString:
        """Return whether it ended."""
        return chip(run.status, run.get_status_display())

    @admin.display(description="counted")
    def counted(self, run: DryRun) -> SafeString:
        """Return what it counted."""
        return code(json.dumps(run.counters, indent=2, ensure_ascii=False))
