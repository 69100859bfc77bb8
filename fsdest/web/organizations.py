"""The organization one is at work in: another one, and what each role may do."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from fsdest.models import Permission, Role
from fsdest.models.roles import MAY, WORDS
from fsdest.web import permissions
from fsdest.web.back import back
from fsdest.web.permissions import any_person


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of roles."""

    permission: Permission
    words: str
    marks: list[tuple[str, bool]]  # role, whether it may


@any_person
@require_POST
def switch(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """Go to work in another organization that one is a member of."""
    mine = permissions.memberships(request)
    found = next((each for each in mine if each.organization_id == organization), None)
    if found is None:
        raise Http404
    request.session[permissions.CURRENT] = str(organization)
    messages.success(request, f"You are now in {found.organization}.")
    return back(request, "flows")


@any_person
@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do."""
    table = [
        Line(each, WORDS[each], [(role.label, each in MAY[role]) for role in Role])
        for each in Permission
        if each != Permission.DELETE_PEOPLE
    ]
    context = {
        "roles": [role.label for role in Role],
        "table": table,
        "granted": WORDS[Permission.DELETE_PEOPLE],
    }
    return render(request, "people/roles.html", context)
