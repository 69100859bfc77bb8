"""Every call of a destination, findable by what a person knows of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from fsdest.delivery import history as books
from fsdest.delivery import whose
from fsdest.delivery.history import Position, Wanted
from fsdest.delivery.pages import TOOK
from fsdest.delivery.whose import Whose
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import Destination, Permission
from fsdest.records import ranges
from fsdest.records.ranges import Ranges
from fsdest.web import standing
from fsdest.web.destinations import mine
from fsdest.web.permissions import may

CALLS_ON_A_PAGE = 50
LARGEST = 2**62  # offsets and times beyond it are none
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
TIMES = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
POSITION_PARTS = 4
MINUTE_TYPED = 16  # characters of 2026-11-24T12:30

OUTCOMES: dict[str, frozenset[VerdictKind]] = {
    "took": frozenset(TOOK),
    "not": frozenset(VerdictKind) - TOOK,
    **{kind.value: frozenset({kind}) for kind in VerdictKind},
}
OUTCOME_CHOICES = [
    ("", "Any"),
    ("took", "FullStory took it"),
    ("not", "FullStory did not take it"),
    ("silent", "No reply"),
    *((kind.value, word) for kind, (word, _) in standing.WORDS.items()),
]


class HistoryForm(forms.Form):
    """What one may ask for. Nothing is required: then it is the whole history."""

    uid = forms.CharField(required=False, max_length=300)
    offset = forms.IntegerField(
        label="Record number", required=False, min_value=0, max_value=LARGEST
    )
    outcome = forms.ChoiceField(required=False, choices=OUTCOME_CHOICES)
    status = forms.IntegerField(required=False, min_value=100, max_value=599)
    code = forms.CharField(required=False, max_length=100)
    since = forms.DateTimeField(label="From (UTC)", required=False, validators=TIMES)
    until = forms.DateTimeField(label="To (UTC)", required=False, validators=TIMES)

    def __init__(self, asked: Mapping[str, Any], *, uid_label: str) -> None:
        super().__init__(asked)
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateTimeInput(
                attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"
            )
        for field in self.fields.values():
            field.widget.attrs |= {"class": "input", "autocomplete": "off"}
        if uid_label:
            self.fields["uid"].label = uid_label
        else:
            del self.fields["uid"]

    @property
    def is_asking(self) -> bool:
        """Whether anything is asked for."""
        return any(value not in (None, "") for value in self.cleaned_data.values())

    def wanted(self, offsets: Ranges | None) -> Wanted:
        """Return what is asked for; the caller has looked up the uid's `offsets`."""
        asked = self.cleaned_data
        if asked["offset"] is not None:
            is_theirs = offsets is None or asked["offset"] in ranges.unpack(offsets)
            offsets = [[asked["offset"]] * 2] if is_theirs else []
        return Wanted(
            offsets=offsets,
            kinds=OUTCOMES.get(asked["outcome"], frozenset()),
            status=asked["status"],
            is_silent=asked["outcome"] == "silent",
            code=asked["code"],
            since=asked["since"],
            until=self._until(),
        )

    def _until(self) -> datetime | None:
        """Return the end of the second, or of the minute, that was typed."""
        until: datetime | None = self.cleaned_data["until"]
        if until is None:
            return None
        has_seconds = len(self.data.get("until", "").strip()) > MINUTE_TYPED
        whole = timedelta(seconds=1) if has_seconds else timedelta(minutes=1)
        return until + whole - books.MILLISECOND


@may(Permission.READ)
@require_GET
def history(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The calls that were asked for, the newest first. `before` and `from` go on with a search."""
    found = mine(request, destination)
    if found.version is None:
        return redirect("wizard-configure", found.pk)
    form = HistoryForm(request.GET, uid_label=_uid_label(found))
    context: dict[str, object] = {
        "destination": found,
        "form": form,
        "keep_days": settings.KEEP_CALLS_DAYS,
    }
    if form.is_valid():
        context |= _searched(found, form, request.GET)
    return render(request, "history/history.html", context)


def _searched(
    destination: Destination, form: HistoryForm, asked: Mapping[str, Any]
) -> dict[str, object]:
    theirs = _whose(destination, form, asked.get("from", ""))
    offsets = ranges.pack(theirs.offsets) if theirs else None
    before = position(asked.get("before", ""))
    found = books.search(destination, form.wanted(offsets), limit=CALLS_ON_A_PAGE, before=before)
    return {
        "rows": standing.call_rows(destination, found.calls),
        "is_asking": form.is_asking,
        "is_first": before is None,
        "theirs": theirs,
        "back_to": found.back_to,
        "older": _link(form, before=found.before, **{"from": asked.get("from", "")}),
        "newest": _link(form, **{"from": asked.get("from", "")}),
        "further": _link(form, **{"from": theirs.next if theirs else None}),
        "has_older": found.before is not None,
    }


def _whose(destination: Destination, form: HistoryForm, first: str) -> Whose | None:
    uid = form.cleaned_data.get("uid", "")
    if not uid:
        return None
    start = int(first) if first.isascii() and first.isdecimal() and len(first) < 19 else 0
    return whose.find(destination, uid, first=start)


def _uid_label(destination: Destination) -> str:
    version = destination.version
    return version.read().endpoint.order_by if version else ""


def _link(form: HistoryForm, **more: object) -> str:
    """Return the query that asks for the same, with what `more` says."""
    pairs = [(name, form.data.get(name, "")) for name in form.fields]
    place = more.pop("before", None)
    if isinstance(place, tuple):
        more["before"] = "-".join(str(part) for part in place)
    pairs += [(name, str(value)) for name, value in more.items() if value is not None]
    return urlencode([(name, value) for name, value in pairs if value])


def position(text: str) -> Position | None:
    """Return the place that a link names; None, the newest, where it names none."""
    parts = text.split("-")
    if len(parts) != POSITION_PARTS or not all(p.isascii() and p.isdecimal() for p in parts):
        return None
    at, first, last, generation = (int(part[:19]) for part in parts)
    return (
        min(at, int(LATEST.timestamp() * 1000)),
        min(first, LARGEST),
        min(last, LARGEST),
        generation,
    )
