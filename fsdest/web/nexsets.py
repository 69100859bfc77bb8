"""Nexsets: what attributes their records have, and the records themselves."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import orjson
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from fsdest.models import Nexset, Permission
from fsdest.records import blocks
from fsdest.records.schema import MISSING, Schema
from fsdest.web.permissions import may, member

NEXSETS_ON_A_PAGE = 25
RECORDS_ON_A_PAGE = 50
COLUMNS_SHOWN = 30  # further attributes are in the JSON view
CELL_LIMIT = 120  # characters
ATTRIBUTES_SHOWN = 15  # further ones unfold

Record = tuple[int, dict[str, Any]]  # offset, record


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as the table shows it."""

    kind: str  # text, number, boolean, object, list, null, missing
    text: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    offset: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRow:
    path: str
    kinds: list[str]  # the most frequent first
    present: int  # records
    records: int  # in the nexset

    @property
    def percent(self) -> str:
        """How often it is present; 0 and 100 only if that is exact."""
        if 0 < self.present * 100 < self.records:
            return "<1"
        return str(self.present * 100 // self.records) if self.records else "0"


class Records(Sequence[Record]):
    """The records of a nexset as a sequence, of which only the slice asked for is read."""

    def __init__(self, nexset: Nexset) -> None:
        self._nexset = nexset

    def __len__(self) -> int:
        return self._nexset.record_count

    @overload
    def __getitem__(self, key: int) -> Record: ...
    @overload
    def __getitem__(self, key: slice) -> list[Record]: ...
    def __getitem__(self, key: int | slice) -> Record | list[Record]:
        if isinstance(key, int):
            return self[key : key + 1][0]
        first, end, _ = key.indices(len(self))
        return [(offset, blocks.decode(line)) for offset, line in self._nexset.lines(first, end)]


@may(Permission.READ)
@require_GET
def nexsets(request: HttpRequest) -> HttpResponse:
    """All nexsets whose file has been read, newest first."""
    found = _mine(request).annotate(uses=Count("destinations")).order_by("-created_at", "id")
    page = Paginator(found, NEXSETS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "nexsets/list.html", {"page": page})


@may(Permission.READ)
@require_GET
def nexset(request: HttpRequest, nexset: uuid.UUID) -> HttpResponse:
    """One nexset: its attributes, and a page of its records. `offset` leads to a record's page."""
    found = get_object_or_404(_mine(request, unready=True), pk=nexset)
    if not found.is_ready:
        return redirect("source", found.source_id)
    if (offset := request.GET.get("offset", "")).isdecimal():
        number = min(int(offset), max(0, found.record_count - 1)) // RECORDS_ON_A_PAGE + 1
        return redirect(f"{request.path}?page={number}#records")
    page = Paginator(Records(found), RECORDS_ON_A_PAGE).get_page(request.GET.get("page"))
    names = list(dict.fromkeys(name for _, record in page for name in record))
    shown = names[:COLUMNS_SHOWN]
    rows = [_row(offset, record, shown) for offset, record in page]
    attributes = _attributes(found)
    context = {
        "nexset": found,
        "attributes": attributes[:ATTRIBUTES_SHOWN],
        "more_attributes": attributes[ATTRIBUTES_SHOWN:],
        "page": page,
        "columns": [(name, _is_number(rows, n)) for n, name in enumerate(shown)],
        "columns_left_out": len(names[COLUMNS_SHOWN:]),
        "rows": rows,
    }
    return render(request, "nexsets/detail.html", context)


@may(Permission.READ)
@require_GET
def record(request: HttpRequest, nexset: uuid.UUID, offset: int) -> HttpResponse:
    """One record as JSON: above the page that asks for it, or as a page by itself."""
    found = get_object_or_404(_mine(request), pk=nexset)
    line = found.line(offset) if offset < found.record_count else None
    if line is None:
        raise Http404("The nexset has no such record.")
    pretty = orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode()
    is_htmx = request.headers.get("HX-Request") == "true"
    template = "nexsets/record.html#record" if is_htmx else "nexsets/record.html"
    return render(request, template, {"nexset": found, "offset": offset, "json": pretty})


def _mine(request: HttpRequest, *, unready: bool = False) -> QuerySet[Nexset]:
    found = Nexset.objects.for_member(member(request)).select_related("source")
    return found if unready else found.filter(is_ready=True)


def _attributes(nexset: Nexset) -> list[AttributeRow]:
    return [
        AttributeRow(
            path=one.path,
            kinds=sorted(one.kinds, key=lambda kind: -one.kinds[kind]),
            present=one.present,
            records=nexset.record_count,
        )
        for one in Schema.from_json(nexset.attributes).attributes
    ]


def _row(offset: int, record: dict[str, Any], names: list[str]) -> RecordRow:
    return RecordRow(offset, [_cell(record.get(name, MISSING)) for name in names])


def _is_number(rows: list[RecordRow], column: int) -> bool:
    """Whether a column's name stands at the right, as its numbers do."""
    return {row.cells[column].kind for row in rows} - {"missing", "null"} == {"number"}


def _cell(value: Any) -> Cell:
    match value:
        case str():
            return Cell("text", _short(value))
        case bool():
            return Cell("boolean", "true" if value else "false")
        case int() | float():
            return Cell("number", orjson.dumps(value).decode())
        case None:
            return Cell("null", "null")
        case dict() | list():
            kind = "object" if isinstance(value, dict) else "list"
            return Cell(kind, _short(orjson.dumps(value).decode()))
        case _:
            return Cell("missing", "")


def _short(text: str) -> str:
    return text if len(text) <= CELL_LIMIT else f"{text[:CELL_LIMIT]}…"
