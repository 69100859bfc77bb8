"""Who did what in an organization: found by person, action, object and time, and as a CSV file."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from fsdest.audit import Action, record
from fsdest.models import AuditEntry, Membership, Permission
from fsdest.records.spreadsheet import cell
from fsdest.web.history import LARGEST, TIMES
from fsdest.web.permissions import may, member

ENTRIES_ON_A_PAGE = 50
FACTS_SHOWN = 3  # lines of what changed; further ones unfold
LARGEST_EXPORT = 100_000  # entries

KINDS = ("destination", "credential", "source", "nexset", "organization", "membership", "user")
COLUMNS = (
    *("time (UTC)", "person", "action", "kind", "object", "object id"),
    *("before", "after", "address", "request id"),
)


class AuditForm(forms.Form):
    """What one may ask for. Nothing is required: then it is everything."""

    person = forms.CharField(required=False, max_length=150)
    action = forms.ChoiceField(required=False, choices=[("", "Any"), *Action.choices])
    kind = forms.ChoiceField(
        required=False, choices=[("", "Any"), *((kind, kind.capitalize()) for kind in KINDS)]
    )
    object = forms.CharField(label="Object, by its name or id", required=False, max_length=200)
    since = forms.DateTimeField(label="From (UTC)", required=False, validators=TIMES)
    until = forms.DateTimeField(label="To (UTC)", required=False, validators=TIMES)

    def __init__(self, asked: Mapping[str, Any]) -> None:
        super().__init__(asked)
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateTimeInput(
                attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
            )
        for field in self.fields.values():
            field.widget.attrs |= {"class": "input", "autocomplete": "off"}
        self.fields["person"].widget.attrs["list"] = "people"

    @property
    def is_asking(self) -> bool:
        """Whether anything is asked for."""
        return any(value not in (None, "") for value in self.cleaned_data.values())

    def of(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Keep what is asked for."""
        asked = self.cleaned_data
        until: datetime | None = asked["until"]
        end = until + timedelta(minutes=1) if until else None  # the minute that was typed
        named = Q(object_name__icontains=asked["object"]) | Q(object_id=asked["object"])
        conditions = {
            Q(actor_name__iexact=asked["person"]): asked["person"],
            Q(action=asked["action"]): asked["action"],
            Q(object_kind=asked["kind"]): asked["kind"],
            named: asked["object"],
            Q(at__gte=asked["since"]): asked["since"],
            Q(at__lt=end): end,
        }
        return entries.filter(*(condition for condition, wanted in conditions.items() if wanted))


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the page shows it."""

    entry: AuditEntry
    facts: list[str]

    @property
    def shown(self) -> list[str]:
        return self.facts[:FACTS_SHOWN]

    @property
    def folded(self) -> list[str]:
        return self.facts[FACTS_SHOWN:]


@may(Permission.PEOPLE)
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """The entries that were asked for, the newest first; `before` goes on below an entry."""
    form, rows, older = AuditForm(request.GET), list[Row](), ""
    if form.is_valid():
        wanted = form.of(_mine(request))
        before = request.GET.get("before", "")
        is_number = before.isascii() and before.isdecimal()
        if is_number:
            wanted = wanted.filter(pk__lt=min(int(before[:19]), LARGEST))
        found = list(wanted[: ENTRIES_ON_A_PAGE + 1])
        rows = [Row(entry, facts(entry)) for entry in found[:ENTRIES_ON_A_PAGE]]
        older = str(rows[-1].entry.pk) if len(found) > len(rows) else ""
    context = {
        "form": form,
        "rows": rows,
        "people": _people(request),
        "asked": _query(form),
        "older": _query(form, before=older),
        "has_older": bool(older),
        "is_first": "before" not in request.GET,
    }
    return render(request, "audit/audit.html", context)


@may(Permission.PEOPLE)
@require_GET
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """What was asked for as CSV, the newest first, up to LARGEST_EXPORT entries."""
    form = AuditForm(request.GET)
    if not form.is_valid():
        return audit(request)
    record(Action.EXPORTED, member(request).organization, after={"what": "the audit"})
    entries = form.of(_mine(request))[:LARGEST_EXPORT]
    response = StreamingHttpResponse(_lines(entries), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{now():%Y-%m-%d}.csv"'
    return response


def facts(entry: AuditEntry) -> list[str]:
    """Return what changed as lines for a person: "name: Main → Other"."""
    before, after = entry.before or {}, entry.after or {}
    lines = []
    for name in dict.fromkeys((*before, *after)):
        label = name.replace("_", " ")
        if isinstance(after.get(name), list):
            lines += [f"{label}: {text(each)}" for each in after[name]]
        elif name in before and name in after:
            if before[name] != after[name]:
                lines.append(f"{label}: {text(before[name])} → {text(after[name])}")
        elif name in before:
            lines.append(f"{label} before: {text(before[name])}")
        else:
            lines.append(f"{label}: {text(after[name])}")
    return lines


def text(value: object) -> str:
    """Return a value of an entry as a person reads it."""
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(text, value)) or "none"
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _mine(request: HttpRequest) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.for_member(member(request))


def _people(request: HttpRequest) -> list[str]:
    people = Membership.objects.for_member(member(request))
    names = people.order_by().values_list("user__username", flat=True)
    return sorted({*map(str, names), "The system"})


def _query(form: AuditForm, **more: str) -> str:
    pairs = [(name, form.data.get(name, "")) for name in form.fields]
    return urlencode([(name, value) for name, value in (*pairs, *more.items()) if value])


class _Line:
    """Hands each line that csv writes on to who asks for it."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=1000):
        yield writer.writerow(map(cell, _cells(entry)))


def _cells(entry: AuditEntry) -> list[object]:
    return [
        entry.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00"),
        *(entry.actor_name, entry.did, entry.object_kind, entry.object_name, entry.object_id),
        *("" if each is None else json.dumps(each) for each in (entry.before, entry.after)),
        *(entry.address, entry.request_id),
    ]
