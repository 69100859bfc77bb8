"""Sources: the files that records came from, how far they were read, and what was rejected."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from fsdest.models import Permission, Source
from fsdest.web.permissions import may, member

SOURCES_ON_A_PAGE = 25
ROWS_ON_A_PAGE = 50


@may(Permission.READ)
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """All sources, newest first."""
    return render(request, "sources/list.html", _listed(request))


@may(Permission.READ)
@require_GET
def source_rows(request: HttpRequest) -> HttpResponse:
    """The rows of the list alone, while a file is being read."""
    return render(request, "sources/list.html#rows", _listed(request))


@may(Permission.READ)
@require_GET
def source(request: HttpRequest, source: uuid.UUID) -> HttpResponse:
    """One source, with the rows that did not become records."""
    found = get_object_or_404(Source.objects.for_member(member(request)), pk=source)
    rows = Paginator(found.rejected_rows.all(), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "source": found,
        "nexset": found.nexsets.ready().first(),
        "page": rows,
        "unlisted": max(0, found.rows_rejected - rows.paginator.count),
    }
    return render(request, "sources/detail.html", context)


@may(Permission.READ)
@require_GET
def source_state(request: HttpRequest, source: uuid.UUID) -> HttpResponse:
    """How far the reading has come; the whole page anew once it has ended."""
    found = get_object_or_404(Source.objects.for_member(member(request)), pk=source)
    if not found.is_reading:
        return HttpResponseClientRefresh()
    return render(request, "sources/detail.html#state", {"source": found})


def _listed(request: HttpRequest) -> dict[str, object]:
    found = Source.objects.for_member(member(request))
    page = Paginator(found, SOURCES_ON_A_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "moves": any(each.is_reading for each in page)}
