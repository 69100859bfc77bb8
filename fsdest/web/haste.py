"""How often in a minute one person may have us call, read or send much.

What was done is counted in the audit, so the count is right for all processes, and when the broker
is gone. Of requests at the same moment a few more may pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now

from fsdest.audit import Action
from fsdest.models import AuditEntry

SPAN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `most` of `actions` in a SPAN, called `what` in the sentence."""

    what: str
    most: int
    actions: tuple[Action, ...]


TESTS = Pace("tests", 60, (Action.TESTED, Action.KEY_REPLACED))
FILES = Pace("new files, destinations and credentials", 60, (Action.CREATED, Action.IMPORTED))
DECISIONS = Pace("releases", 60, (Action.RELEASED, Action.DISCARDED))
DRY_RUNS = Pace("dry runs", 60, (Action.DRY_RUN,))
PACES = {
    "wizard-test": TESTS,
    "credential-test": TESTS,
    "credential-key": TESTS,
    "credential-new": TESTS,
    "upload": FILES,
    "destination-import": FILES,
    "quarantine-decide": DECISIONS,
    "dryrun-start": DRY_RUNS,
}


class PaceMiddleware:
    """Answers 429, with a sentence, to who is too fast."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Let the view be called, or answer in its place."""
        match = request.resolver_match
        pace = PACES.get(match.url_name or "") if match is not None else None
        if request.method != "POST" or pace is None or not _is_over(request, pace):
            return None
        sentence = f"{pace.most} {pace.what} in a minute are the most. Wait a minute, then go on."
        response = render(request, "429.html", {"exception": sentence}, status=429)
        response["Retry-After"] = str(int(SPAN.total_seconds()))
        return response


def _is_over(request: HttpRequest, pace: Pace) -> bool:
    done = AuditEntry.objects.filter(
        at__gt=now() - SPAN, actor_id=str(request.user.pk), action__in=pace.actions
    )
    return done.count() >= pace.most
