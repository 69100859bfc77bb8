"""Send Nexset to Destination: the step Configure. Every change is kept and redraws the samples."""

import uuid
from dataclasses import replace
from urllib.parse import urlsplit

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST

from fsdest.audit import Action, record
from fsdest.delivery import control, record_search, rehearsal
from fsdest.delivery.lookup import look_up
from fsdest.delivery.rehearsal import Sample, Trial
from fsdest.exchange import Request
from fsdest.models import Credential, Destination, Permission, Version
from fsdest.payloads import show
from fsdest.web import configure_page, drafts, template_form
from fsdest.web.configure_form import ConfigureForm, form_of
from fsdest.web.haste import as_typed
from fsdest.web.permissions import may, require_for
from fsdest.web.wizard import my_destination

PAGE = "wizard/configure.html"


@may(Permission.READ, change=Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def wizard_configure(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """The settings at the left, the panel at the right. POST is *Done*."""
    found = my_destination(request, destination)
    credential = drafts.credential_of(found)
    if credential is None:
        step = "wizard-authenticate" if found.connector else "wizard-select"
        return redirect(step, found.pk)
    if request.method == "POST":
        drafts.keep(found, request.POST)
    form = form_of(found, credential)
    overtaken = _overtaken(request, found)
    if request.method == "POST" and form.is_valid and not overtaken:
        require_for(request, form.endpoint)
        return _done(request, found, form, credential)
    context = configure_page.context(found, credential, form) | {"overtaken": overtaken}
    status = 200 if request.method == "GET" else 409 if overtaken else 422
    return render(request, PAGE, context, status=status)


@may(Permission.CONFIGURE)
@require_POST
def wizard_settings(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Keep what was typed and draw all settings anew: another endpoint, a chip removed."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    slot, dropped = request.POST.get("slot", ""), request.POST.get("drop")
    if dropped:
        left = [path for path in request.POST.getlist("exclude") if path != dropped]
        drafts.put(found, slot, {"exclude": left})
    _take_picks(request, found, slot)
    return _part(request, found, "settings")


@may(Permission.CONFIGURE)
@require_POST
def wizard_discard(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Discard Changes: go back to what was saved last."""
    found = my_destination(request, destination)
    drafts.forget(found)
    return redirect("wizard-configure", found.pk)


@may(Permission.CONFIGURE)
@require_POST
def wizard_lookup(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Ask FullStory for the values that a field can take, and offer them beside it."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    credential = drafts.credential_of(found)
    if credential is None:
        return redirect("wizard-authenticate", found.pk)
    context = configure_page.context(found, credential, form_of(found, credential))
    for row in configure_page.rows_of(context):
        if row.name == request.POST.get("lookup") and row.lookup:
            row.looked = look_up(credential, row.lookup)
    page = f"{PAGE}#settings" if _wants_part(request) else PAGE
    return render(request, page, context | {"redraws": "settings"})


@may(Permission.CONFIGURE)
@require_POST
def wizard_preview(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Keep what was typed, and show the requests that it makes and what is wrong with it."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    return _part(request, found, "preview")


@may(Permission.CONFIGURE)
@require_POST
def wizard_records(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Make the samples of other records: those that have a value, or the first ones again."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    path, value = request.POST.get("search_path", ""), request.POST.get("search_value", "").strip()
    if value and "search_clear" not in request.POST:
        outcome = record_search.find(found.nexset, path=path, value=value)
        drafts.remember_search(found, path, value, outcome.offsets, outcome.looked_at)
    else:
        drafts.forget_search(found)
    return _part(request, found, "records")


def _too_fast(request: HttpRequest, sentence: str, *, destination: uuid.UUID) -> HttpResponse:
    """The panel with the sentence, and all that was typed."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    credential = drafts.credential_of(found)
    if credential is None:
        return redirect("wizard-authenticate", found.pk)
    told = configure_page.told(None, sentence)
    context = configure_page.context(found, credential, form_of(found, credential)) | told
    return render(request, f"{PAGE}#trial" if _wants_part(request) else PAGE, context)


@may(Permission.CONFIGURE)
@as_typed(_too_fast)
@require_POST
def wizard_test(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Test, or Send Test Data: send a sample as it is or as changed; show what came of it."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    credential = drafts.credential_of(found)
    if credential is None:
        return redirect("wizard-authenticate", found.pk)
    form = form_of(found, credential)
    require_for(request, form.endpoint)
    trial, problem = None, "Correct the marked settings first, then test again."
    if form.is_valid:
        trial, problem = _try(request, found, form, credential)
    context = configure_page.context(found, credential, form) | configure_page.told(trial, problem)
    page = f"{PAGE}#trial" if _wants_part(request) else PAGE
    return render(request, page, context, status=422 if problem else 200)


def _take_picks(request: HttpRequest, found: Destination, slot: str) -> None:
    """Put the looked-up values that were chosen into their fields."""
    credential = drafts.credential_of(found)
    picks = {name: value for name, value in request.POST.items() if name.startswith(drafts.PICK)}
    if credential is None or not any(picks.values()):
        return
    for row in form_of(found, credential).rows:
        if choice := picks.get(f"{drafts.PICK}{row.name}"):
            drafts.put(found, slot, template_form.picked(row, str(choice)))


def _try(
    request: HttpRequest, found: Destination, form: ConfigureForm, credential: Credential
) -> tuple[Trial | None, str]:
    """Return the trial, or why there is none."""
    sample = _chosen(configure_page.samples(found, form, credential), request.POST.get("sample"))
    if sample is None or sample.request is None:
        return None, "No request can be made of this sample. The panel says why."
    needed = configure_page.confirmation(sample)
    if form.endpoint.is_irreversible and request.POST.get("confirm", "").strip() != needed:
        return None, f"This test cannot be undone. Type {needed} beside the settings to allow it."
    trial = rehearsal.try_out(
        credential,
        _edited(sample.request, request.POST.get("body")),
        configuration=form.configuration,
        records=len(sample.offsets),
    )
    call = f"{sample.request.method} {urlsplit(sample.request.url).path}"
    record(Action.TESTED, found, after={"call": call, "status": trial.status})
    return trial, ""


def _chosen(samples: list[Sample], number: str | None) -> Sample | None:
    """Return sample `number` (1, 2, ...), or the first one that makes a request."""
    if number:
        return next((each for n, each in enumerate(samples, 1) if str(n) == number), None)
    return next((each for each in samples if each.request), None)


def _edited(request: Request, typed: str | None) -> Request:
    """Return `request` with the body that was typed; left as it was shown, its own bytes."""
    if typed is None or not request.body:
        return request
    typed = typed.replace("\r\n", "\n")
    return request if typed == show.body(request) else replace(request, body=typed.encode())


def _overtaken(request: HttpRequest, found: Destination) -> Version | None:
    """Return the version that somebody saved after this page was drawn, or None."""
    drawn_from = request.POST.get("version")
    if found.version is None or drawn_from in {None, str(found.version.number)}:
        return None
    return found.version


def _done(
    request: HttpRequest, found: Destination, form: ConfigureForm, credential: Credential
) -> HttpResponse:
    moment, user = now(), request.user if request.user.is_authenticated else None
    with transaction.atomic():
        _rename(found, form.name, credential)
        saved = found.version.read() if found.version else None
        if saved and saved == form.configuration.saved_at(saved.moment):
            drafts.forget(found)
        else:
            configuration = form.configuration.saved_at(moment.isoformat(timespec="seconds"))
            control.save_version(found, configuration, user=user, now=moment)
    found.refresh_from_db()
    following = "" if found.is_active else " Activate it in its menu to begin sending."
    messages.success(
        request, f"“{found.name}” is saved and {found.get_status_display().lower()}.{following}"
    )
    return redirect("flow", found.nexset.source_id)


def _rename(found: Destination, name: str, credential: Credential) -> None:
    """Take the name and the credential that *Done* confirms."""
    before = {"name": found.name, "credential": str(found.credential or "")}
    after = {"name": name, "credential": str(credential)}
    found.name, found.credential = name, credential
    found.save(update_fields=["name", "credential"])
    if after != before:
        record(Action.EDITED, found, before=before, after=after)


def _part(request: HttpRequest, found: Destination, part: str) -> HttpResponse:
    credential = drafts.credential_of(found)
    if credential is None or not _wants_part(request):
        return redirect("wizard-configure", found.pk)
    form = form_of(found, credential)
    context = configure_page.context(found, credential, form)
    context |= {"redraws": part, "sentences": configure_page.sentences(form, request.POST)}
    return render(request, f"{PAGE}#{part}", context)


def _wants_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
