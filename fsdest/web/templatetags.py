"""Template tags of our own, loaded everywhere as builtins: menu links, and numbers in words."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

from fsdest.fullstory.endpoints import Endpoint
from fsdest.models import Destination, Permission

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds


@register.simple_tag(takes_context=True)
def menu_link(
    context: Context, url_name: str, text: str, *, icon: str, **attributes: str
) -> SafeString:
    """Return a link of the menu, marked as current on the pages below it, and below `also`."""
    url = reverse(url_name)
    request = context.get("request")
    below = (url, attributes.get("also", url))
    current = isinstance(request, HttpRequest) and request.path.startswith(below)
    return format_html(
        '<a class="{}" href="{}"{}>{} {}</a>',
        attributes.get("class", ""),
        url,
        SafeString(' aria-current="page"') if current else "",
        SafeString(lucide(icon, size=16)),
        text,
    )


@register.simple_tag
def once(form: str = "") -> SafeString:
    """Return the hidden field by which a form is done once (web.once); `form`: the id of another
    form than the one around it."""
    of = format_html(' form="{}"', form) if form else SafeString("")
    return format_html('<input type="hidden" name="once" value="{}"{}>', uuid4(), of)


@register.filter
def is_allowed(destination: Destination, may: dict[str, bool]) -> bool:
    """Return whether calls of `destination` can be undone, or the person may delete all the same.

    `may` is what the context of every page has.
    """
    return is_within(destination.endpoint, may)


@register.filter
def is_within(endpoint: Endpoint | None, may: dict[str, bool]) -> bool:
    """Return the same of an endpoint; a draft may not have one yet."""
    return endpoint is None or not endpoint.is_irreversible or may[Permission.DELETE_PEOPLE]


@register.filter
def labelled(cells: Iterable[str], heads: list[dict[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of a row of the console, each with what its column is called."""
    for cell, head in zip(cells, heads, strict=True):
        label = "" if "action-checkbox" in cell else format_html(' data-label="{}"', head["text"])
        yield SafeString(f"{cell[:3]}{label}{cell[3:]}")  # after "<td" or "<th"


@register.filter
def count(number: int | None) -> str:
    """Return `number` with commas between thousands: 10,000."""
    return f"{number or 0:,}"


@register.filter
def percent(share: float | None) -> str:
    """Return a share (0 to 1) as whole percent, rounded down: 100 % only when nothing is left."""
    return f"{int((share or 0) * 100)} %"


@register.filter
def rate(per_second: float | None) -> str:
    """Return records/s as a person says it: two digits where there are few."""
    value = per_second or 0
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


@register.filter
def duration(span: timedelta | None) -> str:
    """Return a time span in words, in its largest unit; below a second in milliseconds."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h {int(seconds % HOUR // MINUTE)} min"
    return f"{seconds / DAY:.0f} days"
