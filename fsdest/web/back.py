"""Where a person goes after a form: to where they were, if that is one of our own pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest, page: str, *ids: Any) -> HttpResponse:
    """Return to the address that was posted as `next`, or to `page` where there is none of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return redirect(wanted)
    return redirect(page, *ids)
