"""How the console shows what may not be edited, also where there are millions of rows.

No list counts its rows: it counts up to a bound and says "or more". So a column can be sorted or
filtered by only where an index serves that.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from fsdest.models import Destination

COUNTED = 2_000  # rows; a list shows no more, and is to be narrowed then

Action = Callable[..., HttpResponse | None]


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not generic when it runs
    """Pages through the first COUNTED rows, and never counts the others."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, or COUNTED."""
        rows: models.QuerySet[Any] = self.object_list  # type: ignore[assignment]
        # As a list of keys: the database may stop at the bound, and sorts nothing.
        return len(rows.order_by()[:COUNTED].values_list("pk", flat=True))

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than it shows."""
        return self.count >= COUNTED


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """Shows rows and never adds, changes or deletes one."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    sortable_by: ClassVar[tuple[str, ...]] = ()
    show_facets = admin.ShowFacets.NEVER  # each would be a count
    empty_value_display = "–"

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns, each time and each number shown as everywhere else."""
        return [self._shown(each) for each in super().get_list_display(request)]

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """The same for the page of one row."""
        return [self._shown(each) for each in super().get_fields(request, obj)]

    def _shown(self, column: Any) -> Any:
        field = _field(self.opts, column)
        if isinstance(field, models.DateTimeField):
            return when(field.name, str(field.verbose_name))
        if isinstance(field, models.IntegerField):
            return counted(field.name, str(field.verbose_name))
        return column

    def has_add_permission(self, request: HttpRequest, *_more: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One row, with the actions of the list as buttons."""
        deeds = [(name, label) for _, name, label in self.get_actions(request).values()]  # type: ignore[misc]
        context = {**(extra_context or {}), "deeds": deeds, "object_pk": object_id}
        return super().change_view(request, object_id, form_url, context)


def link(row: models.Model | None, label: object = "") -> SafeString | str:
    """Return a link to the console's page of `row`."""
    if row is None:
        return "–"
    url = reverse(f"admin:fsdest_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, label or str(row))


def list_link(label: str, kind: str, **conditions: object) -> SafeString:
    """Return a link to a list of the console, narrowed."""
    url = reverse(f"admin:fsdest_{kind}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, urlencode(conditions), label)


def when(field: str, description: str) -> Callable[[models.Model], str]:
    """Return a column that shows a time in UTC."""

    @admin.display(description=f"{description} (UTC)")
    def shown(row: models.Model) -> str:
        return moment(getattr(row, field))

    return shown


def counted(field: str, description: str) -> Callable[[models.Model], str]:
    """Return a column that shows a number."""

    @admin.display(description=description)
    def shown(row: models.Model) -> str:
        number = getattr(row, field)
        return "–" if number is None else f"{number:,}"

    return shown


def _field(of: Any, name: Any) -> Any:
    """Return the field that is called so, or None: a method, a function."""
    return next((each for each in of.fields if each.name == name and not each.is_relation), None)


def code(text: str) -> SafeString:
    """Return a text as it stands, in lines."""
    return format_html('<pre class="code" tabindex="0">{}</pre>', text)


def chip(status: str, word: str) -> SafeString:
    """Return a status as the other pages show it."""
    return format_html('<span class="chip is-{}">{}</span>', status, word)


def moment(at: datetime | None) -> str:
    """Return a time to the second, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "–"


def table(heads: list[str], rows: list[list[object]]) -> SafeString:
    """Return a small table."""
    head = format_html_join("", "<th>{}</th>", ((each,) for each in heads))
    labelled = (zip(heads, row, strict=True) for row in rows)
    cells = (format_html_join("", '<td data-label="{}">{}</td>', row) for row in labelled)
    return format_html(
        '<div class="peek" tabindex="0"><table class="stacks"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        head,
        format_html_join("", "<tr>{}</tr>", ((each,) for each in cells)),
    )


class OfDestination(admin.SimpleListFilter):
    """Narrows a list to one destination, chosen among the newest or by a link from elsewhere."""

    title = "destination"
    parameter_name = "destination"
    SHOWN = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the newest destinations, and the one that is chosen."""
        from_all = Destination.objects.order_by("-created_at").values_list("pk", "name")
        offered = {str(pk): name for pk, name in from_all[: self.SHOWN]}
        chosen = request.GET.get(self.parameter_name, "")
        if chosen and chosen not in offered and is_uuid(chosen):
            offered |= {str(pk): name for pk, name in from_all.filter(pk=chosen)}
        return list(offered.items())

    def queryset(self, request: HttpRequest, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Keep the rows of the destination that is chosen."""
        chosen = self.value()
        if chosen is None:
            return rows
        return rows.filter(destination=chosen) if is_uuid(chosen) else rows.none()


def is_uuid(text: str) -> bool:
    """Whether `text` is an id of ours."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
