"""Release or discard records of a quarantine: asked first, with the count of the moment."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fsdest.delivery import decisions, quarantine
from fsdest.models import Decision, Destination, Permission
from fsdest.web.destinations import mine
from fsdest.web.permissions import may, require_for

Verb = Decision.Verb
ORIGINAL = "original"  # the choice of a configuration; anything else is the current one


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which records an address or a form means: some of them, those of one code, or all."""

    ids: tuple[int, ...] = ()
    code: str = ""
    is_all: bool = False
    until: datetime | None = None  # when they were counted

    @property
    def is_empty(self) -> bool:
        return not (self.ids or self.code or self.is_all)

    @property
    def query(self) -> str:
        """The scope as an address carries it."""
        pairs: list[tuple[str, str]] = [("id", str(each)) for each in self.ids]
        pairs += [("code", self.code)] if self.code else []
        return urlencode(pairs + ([("all", "1")] if self.is_all else []))

    def at(self, moment: datetime) -> quarantine.Scope:
        """Return the records that it means, none set aside after it was counted, or `moment`."""
        return quarantine.Scope(ids=self.ids, code=self.code, until=self.until or moment)


@may(Permission.OPERATE)
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, destination: UUID, verb: str) -> HttpResponse:
    """Ask, with the count of this moment, then have those records released or discarded."""
    found = mine(request, destination)
    asked = request.POST if request.method == "POST" else request.GET
    scope = _scope(asked)
    if verb not in Verb:
        raise Http404
    if scope.is_empty:
        messages.warning(request, "Choose the records first.")
        return redirect("quarantine", found.pk)
    if request.method == "GET":
        return render(request, "quarantine/decide.html", _asked(verb, found, scope))
    now, is_original = timezone.now(), asked.get("configuration") == ORIGINAL
    if verb == Verb.RELEASE:
        require_for_release(request, found, is_original=is_original)
    if not scope.at(now).records(found).exists():
        messages.warning(request, "None of them is in quarantine any more: nothing was left to do.")
        return redirect("quarantine", found.pk)
    decision = decisions.decide(
        found,
        Verb(verb),
        scope.at(now),
        is_original=is_original,
        user=request.user,
        now=now,
    )
    _tell(request, found, decision)
    return redirect("quarantine", found.pk)


@may(Permission.OPERATE)
@require_GET
def decide_count(request: HttpRequest, destination: UUID, verb: str) -> HttpResponse:
    """The count on the page that asks, as it is now."""
    found = mine(request, destination)
    scope = _scope(request.GET)
    if verb not in Verb or scope.is_empty:
        raise Http404
    return render(request, "quarantine/decide.html#decide-count", _asked(verb, found, scope))


@may(Permission.OPERATE)
@require_POST
def cancel(request: HttpRequest, destination: UUID, decision: int) -> HttpResponse:
    """Leave the records that a decision has not reached where they are."""
    found = mine(request, destination)
    running = get_object_or_404(found.decisions, pk=decision)
    if decisions.cancel(running, now=timezone.now()):
        running.refresh_from_db()
        left = running.total - running.done
        messages.success(request, f"Cancelled. {left:,} of {running.total:,} stay in quarantine.")
    else:
        messages.warning(request, "It had ended already.")
    return redirect("quarantine", found.pk)


def require_for_release(
    request: HttpRequest, destination: Destination, *, is_original: bool
) -> None:
    """Raise PermissionDenied where a release may delete at FullStory, and one may not.

    By its original configuration a record may belong to any version there was.
    """
    versions = destination.versions.all() if is_original else [destination.version]
    for version in versions:
        require_for(request, version.read().endpoint if version else None)


def choice(destination: Destination, scope: quarantine.Scope) -> dict[str, object]:
    """Return what is needed to choose between the current configuration and those of before."""
    versions = quarantine.versions(scope.records(destination))
    current = destination.version.number if destination.version else 0
    return {
        "versions": versions,
        "current": current,
        "has_choice": any(number != current for number, _ in versions),
    }


def _tell(request: HttpRequest, destination: Destination, decision: Decision) -> None:
    if decision.is_running:
        verb = "released" if decision.is_release else "discarded"
        messages.success(request, f"{decision.total:,} records are being {verb}.")
        return
    records = f"{decision.done:,} record{'' if decision.done == 1 else 's'}"
    if not decision.is_release:
        messages.success(request, f"Discarded {records}: they count as skipped.")
        return
    when = "." if destination.is_active else " once the destination is active."
    messages.success(request, f"Released {records}: they are sent again{when}")


def _asked(verb: str, destination: Destination, scope: Scope) -> dict[str, object]:
    now = timezone.now()
    means = scope.at(now)
    context = {
        "destination": destination,
        "verb": verb,
        "is_release": verb == Verb.RELEASE,
        "scope": scope,
        "until": now,
        "count": means.records(destination).count(),
    }
    return context | choice(destination, means)


def _scope(query: QueryDict) -> Scope:
    """Read a scope; ids win over a code, and that over all. Anything else is empty."""
    ids = tuple(int(each) for each in query.getlist("id") if each.isdecimal() and len(each) < 19)
    until = _moment(query.get("until", ""))
    if ids:
        return Scope(ids=ids, until=until)
    if code := query.get("code", ""):
        return Scope(code=code, until=until)
    return Scope(is_all=query.get("all") == "1", until=until)


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
