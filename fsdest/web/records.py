"""One record of a destination: what it is, what it becomes, where it is, and what was tried."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fsdest.delivery import as_sent, edits, history, rehearsal, whereabouts
from fsdest.delivery.history import Wanted
from fsdest.delivery.whereabouts import Whereabouts
from fsdest.exchange import Request
from fsdest.models import Destination, Permission, Version
from fsdest.payloads import show
from fsdest.web import standing
from fsdest.web.destinations import mine
from fsdest.web.permissions import may
from fsdest.web.standing import CallRow

ATTEMPTS_SHOWN = 100
SEARCH_S = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    row: CallRow


@may(Permission.READ)
@require_GET
def record(request: HttpRequest, destination: UUID, offset: int) -> HttpResponse:
    """The record's own page."""
    found = mine(request, destination)
    if found.version is None:
        return redirect("wizard-configure", found.pk)
    line = found.nexset.line(offset) if offset < found.nexset.record_count else None
    if line is None:
        raise Http404("The nexset has no such record.")
    edit = edits.last(found, offset)
    context = {
        "destination": found,
        "offset": offset,
        "edit": edit,
        "json": edits.pretty(edit.line if edit else line),
        "came_in": edits.pretty(line) if edit else "",
        "now": timezone.now(),
        "has_next": offset + 1 < found.nexset.record_count,
    }
    context |= _request(found, found.version, offset, edit.line.encode() if edit else line)
    context |= _past(found, offset)
    context |= _sent(found, context["at"])
    return render(request, "history/record.html", context)


def _request(
    destination: Destination, version: Version, offset: int, line: bytes
) -> dict[str, object]:
    """Return the request that the current version makes of this record alone."""
    configuration = version.read()
    base_url = destination.credential.base_url if destination.credential else ""
    sample = rehearsal.sample(configuration, offset, line, base_url=base_url)
    return {"sample": sample, "is_bulk": configuration.batch is not None} | _shown(sample.request)


def _sent(destination: Destination, at: object) -> dict[str, object]:
    """Return the request of the last attempt of a record that was set aside, as it was sent."""
    aside = at.quarantined if isinstance(at, Whereabouts) else None
    if aside is None:
        return {}
    aside.destination = destination  # as it was read, with its nexset and its credential
    sent = as_sent.request(aside)
    if sent is None:
        return {}
    is_together = aside.reply_status is None and aside.version.read().batch is not None
    return {"sent": sent, "sent_shown": _shown(sent), "is_together": is_together}


def _shown(request: Request | None) -> dict[str, object]:
    if request is None:
        return {}
    return {"headers": show.headers(request), "body": show.body(request) if request.body else ""}


def _past(destination: Destination, offset: int) -> dict[str, object]:
    wanted = Wanted(offsets=[[offset, offset]])
    found = history.search(destination, wanted, limit=ATTEMPTS_SHOWN, within_s=SEARCH_S)
    rows = standing.call_rows(destination, found.calls[::-1])
    is_whole = found.before is None
    return {
        "attempts": [Attempt(number, row) for number, row in enumerate(rows, 1)],
        "is_whole": is_whole,
        "at": whereabouts.find(destination, offset, found.calls),
    }
