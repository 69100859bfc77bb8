"""Records that were set aside: what they are and why, and what is done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from fsdest.delivery import edits
from fsdest.delivery import quarantine as books
from fsdest.models import Destination, Permission, QuarantinedRecord
from fsdest.web.destinations import mine
from fsdest.web.permissions import may

RECORDS_ON_A_PAGE = 20
DECISIONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as the list shows it."""

    record: QuarantinedRecord
    json: str  # as it would be sent


@may(Permission.READ)
@require_GET
def quarantine(request: HttpRequest, destination: UUID) -> HttpResponse:
    """What is set aside, grouped by its code; `code` keeps one group."""
    found = mine(request, destination)
    code = request.GET.get("code", "")
    open_records = books.open_records(found, code=code).order_by("offset", "id")
    page = Paginator(open_records, RECORDS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "shown": _shown(found, list(page.object_list)), "code": code}
    return render(request, "quarantine/list.html", context | _groups(found, code) | _decided(found))


@may(Permission.READ)
@require_GET
def groups(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The groups with their counts of this moment."""
    code = request.GET.get("code", "")
    context = _groups(mine(request, destination), code)
    return render(request, "quarantine/list.html#groups", context)


@may(Permission.READ)
@require_GET
def decided(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The decisions under way and the last ones. Tells the page once the last one has ended."""
    context = _decided(mine(request, destination))
    response = render(request, "quarantine/list.html#decided", context)
    if not context["is_deciding"]:
        trigger_client_event(response, "quarantine-moved")
    return response


def _groups(destination: Destination, code: str) -> dict[str, object]:
    found = books.groups(destination)
    total = sum(int(str(each["records"])) for each in found)
    return {"destination": destination, "groups": found, "total": total, "code": code}


def _decided(destination: Destination) -> dict[str, object]:
    last = list(destination.decisions.select_related("created_by")[:DECISIONS_SHOWN])
    running = [each for each in last if each.is_running]
    return {"destination": destination, "decisions": last, "is_deciding": bool(running)}


def _shown(destination: Destination, records: Sequence[QuarantinedRecord]) -> list[Shown]:
    lines = dict(edits.lines(destination, [record.offset for record in records]))
    gone = "This record is no longer in the nexset."
    return [
        Shown(row, edits.pretty(lines[row.offset]) if row.offset in lines else gone)
        for row in records
    ]
