"""How often in a minute one person may ask for what costs something, done or not.

Attempts are counted, before anybody looks at them: who sends nonsense, or a key that is refused, is
as fast as who succeeds. A row in the database holds the count, so it is right for all processes,
and when the broker is gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import now

from fsdest.models import Burst
from fsdest.payloads.secrets_in import looks_secret
from fsdest.web.asking import address
from fsdest.web.permissions import OPERATORS_CONSOLE

SPAN = timedelta(minutes=1)
TYPED_FORM = "application/x-www-form-urlencoded"  # of others, the file would have to come first

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Drawing = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `most` attempts at `what`, a word of the sentence, in a SPAN from the first one."""

    what: str
    most: int


TESTS = Pace("tests", 60)
LOOKUPS = Pace("look-ups", 30)
SEARCHES = Pace("searches", 120)
MAKING = Pace("new files, destinations and versions", 60)
RELEASES = Pace("releases and discards", 60)
DRY_RUNS = Pace("dry runs", 60)
EXPORTS = Pace("exports", 30)
INVITATIONS = Pace("invitations", 30)
PASSWORDS = Pace("attempts with a password", 20)
CONSOLE = Pace("changes in the console", 120)

# What costs a call to FullStory, a file, rows for good, a long read, or a guess at a password.
COSTLY: dict[str, Pace] = {
    **dict.fromkeys(("wizard-test", "wizard-credential"), TESTS),
    **dict.fromkeys(("credential-test", "credential-key", "credential-new"), TESTS),
    "wizard-lookup": LOOKUPS,
    "wizard-records": SEARCHES,
    **dict.fromkeys(("upload", "send", "destination-import", "destination-copy"), MAKING),
    **dict.fromkeys(("wizard-configure", "version-restore"), MAKING),
    **dict.fromkeys(("quarantine-decide", "destination-record-edit"), RELEASES),
    "dryrun-start": DRY_RUNS,
    "invite": INVITATIONS,
    **dict.fromkeys(("invitation", "account", "end-sessions"), PASSWORDS),
}
COSTLY_TO_READ: dict[str, Pace] = {
    **dict.fromkeys(("audit-export", "destination-export"), EXPORTS),
    "history": SEARCHES,
}


def as_typed(draw: Drawing) -> Callable[[View], View]:
    """Have a view's page drawn by `draw(request, sentence, **kwargs)` for who is too fast.

    It shows what was typed, and the sentence beside it.
    """

    def declared(view: View) -> View:
        view.as_typed = draw  # type: ignore[attr-defined]  # functools.wraps carries it outwards
        return view

    return declared


class PaceMiddleware:
    """Answers 429, and when one may go on, to who is too fast."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Drawing, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Let the view be called, or answer in its place."""
        pace = _pace(request)
        if pace is None:
            return None
        wait = Burst.objects.spend(
            _who(request), pace.what, most=pace.most, span=SPAN, now=now()
        ).total_seconds()
        if not wait:
            return None
        seconds = ceil(wait)
        draw: Drawing = getattr(view, "as_typed", _page)
        response = draw(request, _sentence(pace, seconds), *args, **kwargs)
        response.status_code = 429
        response["Retry-After"] = str(seconds)
        return response


def _pace(request: HttpRequest) -> Pace | None:
    match = request.resolver_match
    if match is None or request.method not in {"GET", "POST"}:
        return None
    if OPERATORS_CONSOLE in match.namespaces:
        return CONSOLE if request.method == "POST" else None
    table = COSTLY if request.method == "POST" else COSTLY_TO_READ
    return table.get(match.url_name or "")


def _who(request: HttpRequest) -> str:
    user = request.user
    return f"person {user.pk}" if user.is_authenticated else f"address {address(request)}"


def _sentence(pace: Pace, seconds: int) -> str:
    unit = "second" if seconds == 1 else "seconds"
    return f"{pace.most} {pace.what} in a minute are the most. You can go on in {seconds} {unit}."


def _page(request: HttpRequest, sentence: str, *_: object, **__: object) -> HttpResponse:
    """A page of its own: what was typed is in it, unseen, to be sent again. Secrets are not."""
    is_typed = request.method == "POST" and request.content_type == TYPED_FORM
    posted = request.POST if is_typed else QueryDict()
    shown = [name for name in posted if name != "csrfmiddlewaretoken" and not looks_secret(name)]
    context = {
        "exception": sentence,
        "typed": [(name, value) for name in shown for value in posted.getlist(name)],
        "has_secret": len(shown) < len(posted.keys() - {"csrfmiddlewaretoken"}),
    }
    response = render(request, "429.html", context)
    response["HX-Reswap"] = "none"  # a page of which a part was asked for keeps what it shows
    return response
