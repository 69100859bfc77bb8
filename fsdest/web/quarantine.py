"""Records that were set aside: what they are and why, and what to do with them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from fsdest.delivery import quarantine as books
from fsdest.models import Destination, QuarantinedRecord
from fsdest.web.destinations import mine

RECORDS_ON_A_PAGE = 20
VERBS = {"release", "discard"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which of the open records are meant: some of them, those of one code, or all."""

    ids: tuple[int, ...] = ()
    code: str = ""
    is_all: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.ids or self.code or self.is_all)

    @property
    def query(self) -> str:
        """The scope as an address carries it."""
        pairs: list[tuple[str, str]] = [("id", str(each)) for each in self.ids]
        pairs += [("code", self.code)] if self.code else []
        return urlencode(pairs + ([("all", "1")] if self.is_all else []))

    def count(self, destination: Destination) -> int:
        """Return how many records it means now."""
        rows = books.open_records(destination, code=self.code)
        return (rows.filter(pk__in=self.ids) if self.ids else rows).count()


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as the list shows it."""

    record: QuarantinedRecord
    json: str  # as the nexset has it


@require_GET
def quarantine(request: HttpRequest, destination: UUID) -> HttpResponse:
    """What is set aside, grouped by its code; `code` keeps one group."""
    found = mine(request, destination)
    code = request.GET.get("code", "")
    open_records = books.open_records(found, code=code).order_by("offset", "id")
    page = Paginator(open_records, RECORDS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "shown": _shown(found, list(page.object_list)), "code": code}
    return render(request, "quarantine/list.html", context | _groups(found, code))


@require_GET
def groups(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The groups with their counts of this moment."""
    code = request.GET.get("code", "")
    context = _groups(mine(request, destination), code)
    return render(request, "quarantine/list.html#groups", context)


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, destination: UUID, verb: str) -> HttpResponse:
    """Ask, with the count of this moment, then release or discard what the scope means."""
    found = mine(request, destination)
    if verb not in VERBS:
        raise Http404
    scope = _scope(request.POST if request.method == "POST" else request.GET)
    if scope.is_empty:
        messages.warning(request, "Choose the records first.")
        return redirect("quarantine", found.pk)
    if request.method == "POST":
        _do(request, verb, found, scope)
        return redirect("quarantine", found.pk)
    return render(request, "quarantine/decide.html", _asked(verb, found, scope))


@require_GET
def decide_count(request: HttpRequest, destination: UUID, verb: str) -> HttpResponse:
    """The count on the page that asks, as it is now."""
    found = mine(request, destination)
    scope = _scope(request.GET)
    if verb not in VERBS or scope.is_empty:
        raise Http404
    return render(request, "quarantine/decide.html#decide-count", _asked(verb, found, scope))


def _do(request: HttpRequest, verb: str, destination: Destination, scope: Scope) -> None:
    if verb == "release":
        done = books.release(destination, ids=scope.ids, code=scope.code, now=timezone.now())
        went = "Released {}: they are sent again" + (
            "." if destination.is_active else " once the destination is active."
        )
    else:
        done = books.discard(destination, ids=scope.ids, code=scope.code)
        went = "Discarded {}: they count as skipped."
    messages.success(request, went.format(f"{done:,} record{'' if done == 1 else 's'}"))


def _asked(verb: str, destination: Destination, scope: Scope) -> dict[str, object]:
    return {
        "destination": destination,
        "verb": verb,
        "is_release": verb == "release",
        "scope": scope,
        "count": scope.count(destination),
    }


def _groups(destination: Destination, code: str) -> dict[str, object]:
    found = books.groups(destination)
    total = sum(int(str(each["records"])) for each in found)
    return {"destination": destination, "groups": found, "total": total, "code": code}


def _scope(query: QueryDict) -> Scope:
    """Read a scope; ids win over a code, and that over all. Anything else is empty."""
    ids = tuple(int(each) for each in query.getlist("id") if each.isdecimal() and len(each) < 19)
    if ids:
        return Scope(ids=ids)
    if code := query.get("code", ""):
        return Scope(code=code)
    return Scope(is_all=query.get("all") == "1")


def _shown(destination: Destination, records: Sequence[QuarantinedRecord]) -> list[Shown]:
    return [Shown(record, _pretty(destination.nexset.line(record.offset))) for record in records]


def _pretty(line: bytes | None) -> str:
    if line is None:
        return "This record is no longer in the nexset."
    return json.dumps(json.loads(line), indent=2, ensure_ascii=False)
