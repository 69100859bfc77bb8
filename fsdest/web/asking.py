"""Who asks: the person, the address and the number of a request, for the audit and the log."""

import logging
import re
import secrets
from collections.abc import Callable
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fsdest import logs
from fsdest.audit import Asker, Person, asking

log = logging.getLogger("fsdest.web.requests")

ASKED_BY_MACHINES = {"healthz", "readyz", "metrics"}
_NUMBER = re.compile(r"[0-9A-Za-z-]{8,64}")

Answer = Callable[[HttpRequest], HttpResponse]


def asking_middleware(answer: Answer) -> Answer:
    """Let what a request does be recorded as done by who sent it."""

    def answer_asker(request: HttpRequest) -> HttpResponse:
        def person() -> Person | None:
            return getattr(request, "user", None)  # a page may be answered before it is known

        number, began = _number(request), monotonic()
        asker = Asker(person=person, address=address(request), request_id=number)
        with asking(asker), logs.about(request_id=number):
            response = answer(request)
            _tell(request, response, seconds=monotonic() - began)
        response["X-Request-ID"] = number
        return response

    return answer_asker


def _tell(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    """Log what was asked and answered: the route, since a path may hold what is secret."""
    route = request.resolver_match.route if request.resolver_match else "an unknown address"
    if route not in ASKED_BY_MACHINES:
        log.info("%s %s: %d, %.0f ms", request.method, route, response.status_code, seconds * 1e3)


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
