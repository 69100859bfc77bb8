"""What every page shows around its content."""

from django.conf import settings
from django.http import HttpRequest

from fsdest.models import Permission
from fsdest.web import console, permissions


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of every template.

    `sandbox_page` is its address, in development alone, `console` that of the operator's console,
    for who may open it; `may` says what the person may do here, as in `may.operate`; `member` is
    the membership one is at work in, `elsewhere` are the others.
    """
    member = permissions.current(request)
    return {
        "sandbox_page": f"{settings.FULLSTORY_SANDBOX_URL}/_sandbox/"
        if settings.SANDBOX_ALLOWED
        else "",
        "console": console.link(request),
        "member": member,
        "elsewhere": [each for each in permissions.memberships(request) if each != member],
        "may": {each.value: member is not None and member.may(each) for each in Permission},
    }
