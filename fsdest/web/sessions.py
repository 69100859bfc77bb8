"""When a session ends by itself: some time after its person was last there, and in any case."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from fsdest.web.templatetags import duration

BEGAN, SEEN = "began_at", "seen_at"  # in the session: seconds since 1970
WRITE_AGAIN = timedelta(minutes=1)  # not with every request


class SessionLimits:
    """Logs a person out who was away for SESSION_IDLE, or is here for SESSION_LONGEST."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            moment = now()
            if sentence := _ended(request.session, moment):
                logout(request)
                messages.info(request, sentence)
            elif not _is_by_itself(request):
                _see(request.session, moment)
        return self.get_response(request)


@receiver(user_logged_in, dispatch_uid="fsdest.sessions")
def begin(*, request: HttpRequest, **_: Any) -> None:
    """Begin to count anew with every login."""
    stamp = int(now().timestamp())
    request.session[BEGAN] = request.session[SEEN] = stamp


def _ended(session: SessionBase, moment: datetime) -> str:
    """Return why the session is over; nothing while it is not."""
    stamp = moment.timestamp()
    if stamp - session.get(BEGAN, stamp) >= settings.SESSION_LONGEST.total_seconds():
        return f"You were logged in for {duration(settings.SESSION_LONGEST)}. Please log in again."
    if stamp - session.get(SEEN, stamp) >= settings.SESSION_IDLE.total_seconds():
        return f"You were away for {duration(settings.SESSION_IDLE)} or more. Please log in again."
    return ""


def _see(session: SessionBase, moment: datetime) -> None:
    stamp = int(moment.timestamp())
    if BEGAN not in session:
        session[BEGAN] = stamp
    if stamp - session.get(SEEN, 0) >= WRITE_AGAIN.total_seconds():
        session[SEEN] = stamp


def _is_by_itself(request: HttpRequest) -> bool:
    """Return whether a page asks that is open somewhere, to renew itself, and no person."""
    return request.method == "GET" and request.headers.get("HX-Request") == "true"
