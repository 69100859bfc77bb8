"""Edit a record that was set aside, and release the edited one."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fsdest.delivery import decisions, edits
from fsdest.delivery.edits import NotARecordError
from fsdest.delivery.quarantine import Scope
from fsdest.models import Destination, Permission, QuarantinedRecord
from fsdest.payloads.build import Rejected, Renderer
from fsdest.records import blocks
from fsdest.web.decisions import ORIGINAL, choice, require_for_release
from fsdest.web.destinations import mine
from fsdest.web.haste import as_typed
from fsdest.web.permissions import may

LONGEST = 2_000_000  # characters of a record


def _too_fast(
    request: HttpRequest, sentence: str, *, destination: UUID, offset: int
) -> HttpResponse:
    """The page as it was typed, with the sentence beside the record."""
    found = mine(request, destination)
    open_rows = found.quarantined.filter(offset=offset, status=QuarantinedRecord.Status.OPEN)
    row = get_object_or_404(open_rows)
    row.destination = found
    is_original = request.POST.get("configuration") == ORIGINAL
    typed = request.POST.get("record", "")[:LONGEST]
    return _page(request, row, text=typed, problem=sentence, is_original=is_original)


@may(Permission.OPERATE)
@as_typed(_too_fast)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, destination: UUID, offset: int) -> HttpResponse:
    """The record as text; sent back, it is released as it was typed. What is no record, or makes
    no request, comes back as it was typed, with the reason beside it."""
    found = mine(request, destination)
    row = found.quarantined.filter(offset=offset, status=QuarantinedRecord.Status.OPEN).first()
    lines = dict(edits.lines(found, [offset]))
    if row is None or offset not in lines:
        messages.warning(request, "Only a record that is in quarantine can be edited.")
        return redirect("destination-record", found.pk, offset)
    row.destination = found
    shown = edits.pretty(lines[offset])
    if request.method == "GET":
        return _page(request, row, text=shown)
    text = request.POST.get("record", "")[:LONGEST]
    is_original = request.POST.get("configuration") == ORIGINAL
    require_for_release(request, found, is_original=is_original)
    try:
        edited = edits.read(text)
        _check(row, edited, is_original=is_original)
    except NotARecordError as error:
        return _page(request, row, text=text, problem=str(error), is_original=is_original)
    return _release(request, row, edited, is_original=is_original)


def _check(row: QuarantinedRecord, edited: dict[str, object], *, is_original: bool) -> None:
    """Raise NotARecordError where no request can be made of the edited record."""
    version = row.version if is_original else row.destination.version
    if version is None:
        raise Http404
    built = Renderer(version.read()).build(row.offset, blocks.encode(edited))
    if isinstance(built, Rejected):
        raise NotARecordError(f"Version {version.number} makes no request of it: {built.reason}")


def _release(
    request: HttpRequest, row: QuarantinedRecord, edited: dict[str, object], *, is_original: bool
) -> HttpResponse:
    found: Destination = row.destination
    went = decisions.release_edited(
        row, edited, is_original=is_original, user=request.user, now=timezone.now()
    )
    if went:
        when = "is sent again" if found.is_active else "is sent once the destination is active"
        messages.success(request, f"The edited record {when}.")
    else:
        messages.warning(request, "Somebody else has released or discarded it meanwhile.")
    return redirect("destination-record", found.pk, row.offset)


def _page(
    request: HttpRequest,
    row: QuarantinedRecord,
    *,
    text: str,
    problem: str = "",
    is_original: bool = False,
) -> HttpResponse:
    context = {
        "destination": row.destination,
        "row": row,
        "text": text,
        "problem": problem,
        "is_original": is_original,
        "edit": edits.last(row.destination, row.offset),
        **choice(row.destination, Scope(ids=[row.pk])),
    }
    return render(request, "quarantine/edit.html", context, status=422 if problem else 200)
