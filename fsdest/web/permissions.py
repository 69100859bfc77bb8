"""Who may open what: each view declares it, and here it is checked before the view is called.

`RolesMiddleware` refuses a view that declares nothing, so that a forgotten line shows as a page
that nobody can open, and not as one that everybody can.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from fsdest.fullstory.endpoints import Endpoint
from fsdest.models import Membership, Permission, Role

CURRENT = "organization"  # in the session: the id of the organization that one is at work in
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OPERATORS_CONSOLE = "admin"  # its namespace; it asks for staff by itself

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# What a refusal says about each permission.
NEEDS: dict[Permission, str] = {
    Permission.READ: "You are in no organization yet. Ask an admin of one to invite you.",
    Permission.CONFIGURE: "Only editors and admins change how records are sent.",
    Permission.CREDENTIALS: "Only editors and admins change and test credentials.",
    Permission.DRY_RUN: "Only editors, operators and admins start dry runs.",
    Permission.OPERATE: "Only operators and admins activate, pause, release and discard.",
    Permission.DELETE: "Only admins delete.",
    Permission.PEOPLE: "Only admins decide who belongs to the organization.",
    Permission.DELETE_PEOPLE: (
        "This deletes at FullStory, which cannot be undone. An admin has to allow you that by "
        "name, on the page People."
    ),
}


@dataclass(frozen=True, slots=True)
class Asks:
    """What a view asks of a person: to read, and to change; None asks for nothing."""

    to_read: Permission | None
    to_change: Permission | None


def may(permission: Permission, *, change: Permission | None = None) -> Callable[[View], View]:
    """Let a view be opened by those who have `permission`; POST by those who may `change`."""
    return _declare(Asks(permission, change or permission))


def anybody(view: View) -> View:
    """Let a view be opened by everybody, logged in or not."""
    return login_not_required(_declare(Asks(None, None))(view))


def any_person(view: View) -> View:
    """Let a view be opened by all who are logged in, members of an organization or not."""
    return _declare(Asks(None, None))(view)


def _declare(asks: Asks) -> Callable[[View], View]:
    def declared(view: View) -> View:
        view.asks = asks  # type: ignore[attr-defined]  # functools.wraps carries it outwards
        return view

    return declared


class RolesMiddleware:
    """Asks of the person what the view that was found declares."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: Any
    ) -> None:
        """Let the view be called, or raise PermissionDenied with a sentence."""
        match = request.resolver_match
        if match is not None and OPERATORS_CONSOLE in match.namespaces:
            return
        asks: Asks | None = getattr(view, "asks", None)
        if asks is None:
            raise PermissionDenied("This page does not say who may open it. The mistake is ours.")
        permission = asks.to_read if request.method in SAFE else asks.to_change
        if permission is not None:
            require(request, permission)


def memberships(request: HttpRequest) -> list[Membership]:
    """Return the person's memberships by the name of the organization, asked for once."""
    known: list[Membership] | None = getattr(request, "_memberships", None)
    if known is None:
        user = getattr(request, "user", None)
        is_person = user is not None and user.is_authenticated
        mine = Membership.objects.filter(user=user.pk) if user and is_person else None
        known = list(mine.select_related("organization")) if mine is not None else []
        request._memberships = known  # type: ignore[attr-defined]
    return known


def current(request: HttpRequest) -> Membership | None:
    """Return the membership one is at work in: the one switched to, or the first by name."""
    mine = memberships(request)
    wanted = request.session.get(CURRENT) if mine and hasattr(request, "session") else None
    return next((each for each in mine if str(each.organization_id) == wanted), None) or next(
        iter(mine), None
    )


def member(request: HttpRequest) -> Membership:
    """Return the membership one is at work in, or raise PermissionDenied."""
    found = current(request)
    if found is None:
        raise PermissionDenied(NEEDS[Permission.READ])
    return found


def person(request: HttpRequest) -> User:
    """Return who is logged in, or raise PermissionDenied."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def require(request: HttpRequest, permission: Permission) -> None:
    """Raise PermissionDenied, with what to say, unless the person has `permission` here."""
    found = member(request)
    if not found.may(permission):
        role = Role(found.role)
        here = f"In {found.organization} you are {_article(role)} {role.label.lower()}."
        raise PermissionDenied(f"{NEEDS[permission]} {here}")


def require_for(request: HttpRequest, endpoint: Endpoint | None) -> None:
    """Raise PermissionDenied where calls to `endpoint` cannot be undone, and one may not."""
    if endpoint is not None and endpoint.is_irreversible:
        require(request, Permission.DELETE_PEOPLE)


def _article(role: Role) -> str:
    return "a" if role == Role.VIEWER else "an"
