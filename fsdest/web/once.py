"""A form that is sent twice is done once: two clicks, a reload, a browser that tries again.

`{% once %}` gives each drawn form a number, and a number is taken once. Who sends it again is told
what the first sending came to, waiting for it where it is still under way. What is refused gives
its number back, so that it can be corrected. Without a number (a script's) nothing is remembered.
"""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from fsdest.models import TakenForm
from fsdest.web.haste import TYPED_FORM

FIELD = "once"  # the hidden field with the number
WAIT_S = 5  # seconds for the first sending to be answered
LOOK_EVERY_S = 0.05
# What makes, sends, decides or deletes. Uploads are not among them: their file would come first.
ONCE = frozenset(
    [
        *("quarantine-decide", "destination-record-edit", "version-restore", "dryrun-start"),
        *("destination-activate", "destination-pause", "destination-copy", "destination-delete"),
        *("send", "wizard-test", "wizard-credential", "flow-delete", "invitation"),
        *("credential-new", "credential-key", "credential-delete"),
    ]
)
TWICE = "This form was sent twice. It was done once."
UNDER_WAY = "This form was sent already, and what it asks for is still being done."


class OnceMiddleware:
    """Lets a form through whose number is new, and remembers how that was answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        number: UUID | None = getattr(request, "_taken", None)
        if number is not None:
            _remember(number, response)
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Let the view be called, or answer in its place."""
        number = _number(request)
        if number is None:
            return None
        ends_at = monotonic() + WAIT_S
        while True:
            form, is_first = TakenForm.objects.take(number, now=now())
            if is_first:
                request._taken = number  # type: ignore[attr-defined]  # for __call__
                return None
            if form.status is not None or monotonic() > ends_at:
                return _again(request, form)
            sleep(LOOK_EVERY_S)


def _number(request: HttpRequest) -> UUID | None:
    match = request.resolver_match
    if request.method != "POST" or match is None or match.url_name not in ONCE:
        return None
    if match.namespaces or request.content_type != TYPED_FORM:
        return None
    try:
        return UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _remember(number: UUID, response: HttpResponse) -> None:
    taken = TakenForm.objects.filter(pk=number)
    if response.status_code < 400:
        taken.update(status=response.status_code, led_to=response.get("Location", "")[:2000])
    else:
        taken.delete()


def _again(request: HttpRequest, form: TakenForm) -> HttpResponse:
    if form.led_to:
        messages.info(request, TWICE)
        return redirect(form.led_to)
    sentence = f"{TWICE} Open the form anew to do it once more." if form.status else UNDER_WAY
    response = render(request, "409.html", {"exception": sentence}, status=409)
    response["HX-Reswap"] = "none"
    return response
