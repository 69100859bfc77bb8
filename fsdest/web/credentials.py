"""Credentials: list, add, rename, replace the key, test, delete when unused."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fsdest.delivery import keys, resuming
from fsdest.delivery.key_check import try_key
from fsdest.models import Credential, Destination, Permission
from fsdest.web.credential_forms import KeyForm, NameForm, NewCredentialForm
from fsdest.web.permissions import may, member


@may(Permission.READ)
@require_GET
def credentials(request: HttpRequest) -> HttpResponse:
    """All credentials of the organization, as tiles."""
    return render(request, "credentials/list.html", {"credentials": _mine(request)})


@may(Permission.CREDENTIALS)
@require_http_methods(["GET", "POST"])
def credential_new(request: HttpRequest) -> HttpResponse:
    """Add a credential, try its key at once, and go on to its page."""
    form = NewCredentialForm(request.POST or None, organization=member(request).organization)
    if request.method == "POST" and form.is_valid():
        credential = try_key(form.create(), now=now())
        _tell(request, credential)
        return redirect("credential", credential.pk)
    status = 422 if form.is_bound else 200
    return render(request, "credentials/new.html", {"form": form}, status=status)


@may(Permission.READ, change=Permission.CREDENTIALS)
@require_http_methods(["GET", "POST"])
def credential(request: HttpRequest, credential: uuid.UUID) -> HttpResponse:
    """One credential: its name, its key, what it may do, who uses it."""
    found = get_object_or_404(_mine(request), pk=credential)
    form = NameForm(request.POST or None, organization=found.organization, instance=found)
    before = {"name": found.name, "description": found.description}
    if request.method == "POST" and form.is_valid():
        keys.rename(found, before=before)
        messages.success(request, f"{found.name} is saved.")
        return redirect("credential", found.pk)
    return _page(request, found, form=form)


@may(Permission.CREDENTIALS)
@require_POST
def credential_key(request: HttpRequest, credential: uuid.UUID) -> HttpResponse:
    """Put another key in place of the old one, and try it at once."""
    found = get_object_or_404(_mine(request), pk=credential)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, found, key_form=form)
    resumed = resuming.replace_key(found, form.cleaned_data["api_key"], now=now())
    _tell(request, found, resumed)
    return redirect("credential", found.pk)


@may(Permission.CREDENTIALS)
@require_POST
def credential_test(request: HttpRequest, credential: uuid.UUID) -> HttpResponse:
    """Ask FullStory who the key is, and show the answer."""
    found = get_object_or_404(_mine(request), pk=credential)
    resumed = resuming.check_key(found, now=now())
    if request.headers.get("HX-Request"):
        context = {"credential": found, "resumed": resumed}
        return render(request, "credentials/_check.html", context)
    _tell(request, found, resumed)
    return redirect("credential", found.pk)


@may(Permission.DELETE)
@require_POST
def credential_delete(request: HttpRequest, credential: uuid.UUID) -> HttpResponse:
    """Delete a credential that no destination uses."""
    found = get_object_or_404(_mine(request), pk=credential)
    if not keys.delete(found):
        messages.error(
            request, f"{found.name} is in use. Delete or change those destinations first."
        )
        return redirect("credential", credential)
    messages.success(request, f"{found.name} is deleted.")
    return redirect("credentials")


def _mine(request: HttpRequest) -> QuerySet[Credential]:
    return Credential.objects.for_member(member(request)).annotate(uses=Count("destinations"))


def _page(
    request: HttpRequest,
    found: Credential,
    *,
    form: NameForm | None = None,
    key_form: KeyForm | None = None,
) -> HttpResponse:
    forms = [
        form or NameForm(organization=found.organization, instance=found),
        key_form or KeyForm(),
    ]
    destinations = list(found.destinations.select_related("nexset"))
    context = {
        "credential": found,
        "form": forms[0],
        "key_form": forms[1],
        "destinations": destinations,
        "halted": [each for each in destinations if each.waits_for_key],
    }
    status = 422 if any(each.is_bound for each in forms) else 200
    return render(request, "credentials/edit.html", context, status=status)


def _tell(
    request: HttpRequest, credential: Credential, resumed: Sequence[Destination] = ()
) -> None:
    if credential.is_verified and not credential.problem:
        messages.success(request, f"{credential.name} works.")
    else:
        messages.warning(request, f"{credential.name} is saved. {credential.problem}")
    for each in resumed:
        messages.success(request, f"“{each.name}” had stopped for its key. It is active again.")
