"""FullStory's import jobs, as we follow them."""

from django.contrib import admin
from django.utils.safestring import SafeString

from fsdest.admin.books import OfDestination, ReadOnly, chip, link, moment
from fsdest.models import ImportJob


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnly):
    list_display = (
        "job_id",
        "of",
        "state",
        "records",
        "imported",
        "errors",
        "polls",
        "began",
        "next_look",
    )
    list_filter = (OfDestination, "status")
    list_select_related = ("destination",)
    search_fields = ("job_id__exact",)
    search_help_text = "FullStory's id of a job, in full"
    ordering = ("-id",)
    fields = (
        *(
            "job_id",
            "of",
            "lane_of",
            "version",
            "state",
            "records",
            "imported",
            "errors",
            "offsets",
        ),
        *("began", "finished_at", "next_look", "polls", "problem", "owner", "lease_until"),
    )

    @admin.display(description="destination")
    def of(self, job: ImportJob) -> SafeString | str:
        """Return a link to its destination."""
        return link(job.destination)

    @admin.display(description="status")
    def state(self, job: ImportJob) -> SafeString:
        """Return how far FullStory is."""
        colours = "paused" if job.is_partly_imported else job.status
        return chip(colours, job.told)

    @admin.display(description="lane")
    def lane_of(self, job: ImportJob) -> SafeString | str:
        """Return a link to its lane."""
        return link(job.lane, f"Lane {job.lane.number}")

    @admin.display(description="taken (UTC)")
    def began(self, job: ImportJob) -> str:
        """Return when FullStory took it."""
        return moment(job.created_at)

    @admin.display(description="asked next (UTC)")
    def next_look(self, job: ImportJob) -> str:
        """Return when we ask about it again."""
        return moment(job.due_at) if job.due_at else "ended"
