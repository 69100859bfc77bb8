"""All Data Flows, and one flow as a canvas: source -> nexset -> destinations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import replace_url, reswap, retarget

from fsdest import ingest
from fsdest.models import Destination, Nexset, Permission, Source
from fsdest.web import standing
from fsdest.web.permissions import may, member
from fsdest.web.standing import QUICK, SLOW, Card

FLOWS_ON_A_PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class NexsetCard:
    nexset: Nexset
    destinations: list[Card]


@may(Permission.READ)
@require_GET
def flows(request: HttpRequest) -> HttpResponse:
    """All flows, one for each source; `q` keeps those with a name that contains it."""
    return render(request, "flows/list.html", _listed(request))


@may(Permission.READ)
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The rows of the list alone, while a person types what to search for."""
    response = render(request, "flows/list.html#rows", _listed(request))
    return replace_url(response, "/flows/?" + request.GET.urlencode())


@may(Permission.READ)
@require_GET
def flow(request: HttpRequest, source: UUID) -> HttpResponse:
    """The canvas."""
    found = get_object_or_404(_flows(request), pk=source)
    return render(request, "flows/flow.html", _drawn(found, timezone.now()))


@may(Permission.READ)
@require_GET
def live(request: HttpRequest, source: UUID) -> HttpResponse:
    """What moves on the canvas: states and counts, each put in its card.

    When the cards themselves changed since what the page has `seen` (one was added, a status
    turned and with it what its menu offers), the whole drawing instead.
    """
    found = get_object_or_404(_flows(request), pk=source)
    context = _drawn(found, timezone.now())
    if request.GET.get("seen") == context["seen"]:
        return render(request, "flows/flow.html#live", context | {"oob": True})
    response = render(request, "flows/flow.html#flow", context)
    return reswap(retarget(response, "#flow"), "outerHTML")


@may(Permission.DELETE)
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, source: UUID) -> HttpResponse:
    """Ask, then delete a source with its nexsets. Refused while a destination uses them."""
    found = get_object_or_404(_flows(request), pk=source)
    used_by = list(Destination.objects.for_member(member(request)).filter(nexset__source=found))
    if request.method == "POST" and not used_by:
        ingest.delete(found)
        messages.success(request, f"Deleted the flow “{found.name}” with its records.")
        return redirect("flows")
    context = {"source": found, "nexsets": found.nexsets.all(), "used_by": used_by}
    status = 409 if request.method == "POST" else 200
    return render(request, "flows/delete.html", context, status=status)


def _flows(request: HttpRequest) -> QuerySet[Source]:
    destinations = Destination.objects.select_related("credential", "version")
    nexsets = (
        Nexset.objects.ready()
        .order_by("created_at", "id")
        .prefetch_related(Prefetch("destinations", destinations))
    )
    return Source.objects.for_member(member(request)).prefetch_related(Prefetch("nexsets", nexsets))


def _listed(request: HttpRequest) -> dict[str, object]:
    wanted = request.GET.get("q", "").strip()
    found = _flows(request)
    if wanted:
        has_name = (
            Q(name__icontains=wanted)
            | Q(nexsets__name__icontains=wanted)
            | Q(nexsets__destinations__name__icontains=wanted)
        )
        found = found.filter(has_name).distinct()
    page: Page[Source] = Paginator(found, FLOWS_ON_A_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "wanted": wanted, "moves": any(map(_moves, page.object_list))}


def _moves(source: Source) -> bool:
    destinations = [each for nexset in source.nexsets.all() for each in nexset.destinations.all()]
    return source.is_reading or any(each.is_active or each.is_pausing for each in destinations)


def _drawn(source: Source, now: datetime) -> dict[str, object]:
    nexsets = []
    for nexset in source.nexsets.all():
        cards = [standing.card(each, now) for each in nexset.destinations.all()]
        nexsets.append(NexsetCard(nexset=nexset, destinations=cards))
    moves = source.is_reading or any(
        card.is_moving for each in nexsets for card in each.destinations
    )
    return {
        "source": source,
        "nexsets": nexsets,
        "seen": _shape(source, nexsets),
        "every": QUICK if moves else SLOW,
    }


def _shape(source: Source, nexsets: list[NexsetCard]) -> str:
    """Return a digest of all that decides which cards there are and what their menus offer."""
    parts = [source.status]
    for each in nexsets:
        parts.append(str(each.nexset.pk))
        parts += [f"{card.destination.pk} {card.destination.status}" for card in each.destinations]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
