"""Actions that ask first: the console shows what is meant, and does it only when told so again."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

SHOWN = 20  # of the chosen rows, by name
TOLD = 10  # sentences; further ones are counted
AT_ONCE = 1_000  # rows; more are a matter for the shell

Told = Iterable[tuple[bool, str]]  # whether it worked, and a sentence
Act = Callable[[QuerySet[Any]], Told]


def asks(label: str, question: str) -> Callable[[Act], Callable[..., HttpResponse | None]]:
    """Make an action of `act`, which takes the chosen rows and tells what came of each."""

    def made(act: Act) -> Callable[..., HttpResponse | None]:
        @admin.action(description=label)
        def action(model: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            chosen = list(rows[: AT_ONCE + 1])
            if len(chosen) > AT_ONCE:
                messages.error(request, f"Choose at most {AT_ONCE:,} at once.")
                return None
            if "confirmed" not in request.POST:
                return _question(model, request, action.__name__, chosen, question)
            tell(request, act(rows))
            return None

        action.__name__ = act.__name__
        return action

    return made


def tell(request: HttpRequest, told: Told) -> None:
    """Show what came of it, the first few one by one."""
    sentences = list(told)
    for worked, sentence in sentences[:TOLD]:
        (messages.success if worked else messages.warning)(request, sentence)
    if len(sentences) > TOLD:
        messages.info(request, f"And {len(sentences) - TOLD:,} more.")


def _question(
    model: Any, request: HttpRequest, action: str, chosen: list[Any], question: str
) -> HttpResponse:
    context = {
        **model.admin_site.each_context(request),
        "title": question,
        "opts": model.model._meta,
        "action": action,
        "checkbox": ACTION_CHECKBOX_NAME,
        "chosen": chosen,
        "named": chosen[:SHOWN],
        "more": max(0, len(chosen) - SHOWN),
    }
    return TemplateResponse(request, "admin/confirm.html", context)
