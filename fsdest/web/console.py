"""From where the operator's console may be opened: elsewhere it is not there at all."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from fsdest.web import asking


class ConsoleMiddleware:
    """Answers 404 below ADMIN_PATH to who is outside ADMIN_NETWORKS, before anything is asked.

    So neither a login nor a redirect tells that there is a console.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        console = settings.ADMIN_PATH
        is_console = bool(console) and f"{request.path_info}/".startswith(f"/{console}/")
        if is_console and not is_near(request):
            raise Http404
        return self.get_response(request)


def is_near(request: HttpRequest) -> bool:
    """Whether a request comes from ADMIN_NETWORKS, or from anywhere if there are none.

    Behind a trusted proxy the address is what that says, as for logins.
    """
    if not settings.ADMIN_NETWORKS:
        return True
    try:
        found = ip_address(asking.address(request))
    except ValueError:  # a socket of this machine, or a proxy that says nonsense
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in settings.ADMIN_NETWORKS)


def link(request: HttpRequest) -> str:
    """Return where a superuser finds the console, or "" for everybody else, and where it is not."""
    user = getattr(request, "user", None)
    is_theirs = bool(user is not None and user.is_superuser and settings.ADMIN_PATH)
    return reverse("admin:index") if is_theirs and is_near(request) else ""
