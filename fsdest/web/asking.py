"""Who asks: the person, the address and the number of a request, for the audit and the log."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fsdest.audit import Asker, Person, asking

_NUMBER = re.compile(r"[0-9A-Za-z-]{8,64}")

Answer = Callable[[HttpRequest], HttpResponse]


def asking_middleware(answer: Answer) -> Answer:
    """Let what a request does be recorded as done by who sent it."""

    def answer_asker(request: HttpRequest) -> HttpResponse:
        def person() -> Person | None:
            return getattr(request, "user", None)  # a page may be answered before it is known

        asker = Asker(person=person, address=address(request), request_id=_number(request))
        with asking(asker):
            return answer(request)

    return answer_asker


def address(request: HttpRequest) -> str:
    """Return the IP address that a request came from; behind a trusted proxy, as that says."""
    direct = str(request.META.get("REMOTE_ADDR") or "")
    told = str(request.META.get("HTTP_X_FORWARDED_FOR") or "")
    # The last one is the proxy's own word; those before it are anybody's.
    nearest = told.rpartition(",")[2].strip() if settings.TRUST_PROXY else ""
    return (nearest or direct)[:45]


def _number(request: HttpRequest) -> str:
    """Return the number that a proxy gave the request, or a new one."""
    told = request.headers.get("X-Request-ID", "")
    return told if _NUMBER.fullmatch(told) else secrets.token_hex(8)
