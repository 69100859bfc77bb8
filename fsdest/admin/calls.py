"""Calls, page by page, with a look into each."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fsdest.admin.books import OfDestination, ReadOnly, link, moment, table
from fsdest.delivery import pages
from fsdest.models import CallPage
from fsdest.records import ranges

CALLS_SHOWN = 200


@admin.register(CallPage)
class CallPageAdmin(ReadOnly):
    list_display = ("until", "of", "lane_number", "calls", "failed_calls", "records", "offsets")
    list_display_links = ("until",)
    list_filter = (OfDestination,)
    fields = ("of", "lane_number", "since", "until", "calls", "failed_calls", "records", "peek")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallPage]:
        """Leave the calls themselves where they are until one page is opened."""
        return CallPage.objects.select_related("destination", "lane").defer("data")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return an order that an index has: by the key, or by time within a destination."""
        return ("-last_at", "-id") if OfDestination.parameter_name in request.GET else ("-id",)

    @admin.display(description="last call (UTC)")
    def until(self, page: CallPage) -> str:
        """Return when its last call began."""
        return moment(page.last_at)

    @admin.display(description="first call (UTC)")
    def since(self, page: CallPage) -> str:
        """Return when its first call began."""
        return moment(page.first_at)

    @admin.display(description="destination")
    def of(self, page: CallPage) -> SafeString | str:
        """Return a link to its destination."""
        return link(page.destination)

    @admin.display(description="lane")
    def lane_number(self, page: CallPage) -> SafeString | str:
        """Return a link to its lane."""
        return link(page.lane, f"Lane {page.lane.number}")

    @admin.display(description="offsets")
    def offsets(self, page: CallPage) -> str:
        """Return the lowest and the highest offset in it."""
        return f"{page.first_offset:,} to {page.last_offset:,}"

    @admin.display(description="the calls")
    def peek(self, page: CallPage) -> SafeString:
        """Return the first of its calls."""
        rows: list[list[object]] = [
            [
                *(
                    f"{call.at:%H:%M:%S.%f}"[:-3],
                    f"{call.elapsed_ms:,} ms",
                    call.status or "no reply",
                ),
                *(call.kind.value, call.code, call.reason or call.message),
                *(f"{call.first_offset:,}", f"{ranges.count(call.offsets):,}", call.version),
            ]
            for call in pages.read(page)[:CALLS_SHOWN]
        ]
        heads = ["Time", "Took", "Status", "Verdict", "Code", "Why"]
        return table([*heads, "First offset", "Records", "Version"], rows)
