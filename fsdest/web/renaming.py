"""Give a source or a nexset another name. Nothing else hangs on what they are called."""

import uuid

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from fsdest.audit import Action, record
from fsdest.models import Nexset, Permission, Source
from fsdest.web.permissions import may, member


class NameForm(forms.Form):
    """A name that people tell things apart by; it need not be the only one of its kind."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        error_messages={"required": "Give it a name to find it by."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def rename_source(request: HttpRequest, source: uuid.UUID) -> HttpResponse:
    """Ask for the new name of a source, which its data flow has as well."""
    found = get_object_or_404(Source.objects.for_member(member(request)), pk=source)
    return _asked(request, found, kind="source", listed="Sources")


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def rename_nexset(request: HttpRequest, nexset: uuid.UUID) -> HttpResponse:
    """Ask for the new name of a nexset."""
    mine = Nexset.objects.for_member(member(request)).ready()
    return _asked(request, get_object_or_404(mine, pk=nexset), kind="nexset", listed="Nexsets")


def _asked(request: HttpRequest, found: Source | Nexset, *, kind: str, listed: str) -> HttpResponse:
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": found})
    if form.is_valid():
        _rename(found, form.cleaned_data["name"])
        messages.success(request, f"The {kind} is called {found.name} now.")
        return redirect(kind, found.pk)
    context = {"found": found, "form": form, "kind": kind, "list": f"{kind}s", "listed": listed}
    return render(request, "rename.html", context, status=422 if form.is_bound else 200)


def _rename(found: Source | Nexset, name: str) -> None:
    before, found.name = found.name, name
    if name == before:
        return
    with transaction.atomic():
        found.save(update_fields=["name"])
        record(Action.EDITED, found, before={"name": before}, after={"name": name})
