"""Send Nexset to Destination: the step Configure. Every change is kept and redraws the samples."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST

from fsdest.delivery import control, rehearsal
from fsdest.delivery.rehearsal import Sample, Trial
from fsdest.fullstory import catalogue
from fsdest.models import Credential, Destination
from fsdest.payloads import macros, show
from fsdest.web import drafts
from fsdest.web.configure_form import ConfigureForm, form_of
from fsdest.web.wizard import my_destination

PAGE = "wizard/configure.html"
TIME_MACROS = (*macros.PARTS, "now", "now-1d", "now+1h")


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
        form = form_of(found)
        if form.is_valid:
            return _done(request, found, form, credential)
    else:
        form = form_of(found)
    context = _context(found, credential, form)
    return render(request, PAGE, context, status=422 if request.method == "POST" else 200)


@require_POST
def wizard_settings(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Keep what was typed and draw all settings anew: another endpoint, a chip removed."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    if request.POST.get("drop"):
        drafts.drop_excluded(found, request.POST.get("slot", ""), request.POST["drop"])
    return _part(request, found, "settings")


@require_POST
def wizard_preview(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Keep what was typed, and show the requests that it makes and what is wrong with it."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    return _part(request, found, "preview")


@require_POST
def wizard_test(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Test: send the first sample request, and show what came of it."""
    found = my_destination(request, destination)
    drafts.keep(found, request.POST)
    form, credential = form_of(found), drafts.credential_of(found)
    if credential is None:
        return redirect("wizard-authenticate", found.pk)
    trial, problem = None, ""
    if form.is_valid:
        trial, problem = _try(found, form, credential, request.POST.get("confirm", ""))
    else:
        problem = "Correct the marked settings first, then test again."
    context = _context(found, credential, form) | _told(trial, problem)
    page = f"{PAGE}#trial" if _wants_part(request) else PAGE
    return render(request, page, context, status=422 if problem else 200)


def _try(
    found: Destination, form: ConfigureForm, credential: Credential, confirmed: str
) -> tuple[Trial | None, str]:
    sample = next((each for each in _samples(found, form, credential) if each.request), None)
    if sample is None or sample.request is None:
        return None, "None of the sample records makes a request. See the panel for the reasons."
    if form.endpoint.is_irreversible and confirmed.strip() != sample.order_key:
        return None, f"This test cannot be undone. Type {sample.order_key} beside it to allow it."
    trial = rehearsal.try_out(
        credential,
        sample.request,
        configuration=form.configuration,
        records=len(sample.offsets),
    )
    return trial, ""


def _samples(found: Destination, form: ConfigureForm, credential: Credential) -> list[Sample]:
    configuration = form.configuration.saved_at(now().isoformat(timespec="seconds"))
    return rehearsal.samples(
        configuration,
        found.nexset,
        base_url=credential.base_url,
        offsets=rehearsal.first_offsets(configuration, found.nexset),
    )


def _done(
    request: HttpRequest, found: Destination, form: ConfigureForm, credential: Credential
) -> HttpResponse:
    moment, user = now(), request.user if request.user.is_authenticated else None
    with transaction.atomic():
        found.name, found.credential = form.name, credential
        found.save(update_fields=["name", "credential"])
        saved = found.version.read() if found.version else None
        if saved and saved == form.configuration.saved_at(saved.moment):
            drafts.forget(found)
        else:
            configuration = form.configuration.saved_at(moment.isoformat(timespec="seconds"))
            control.save_version(found, configuration, user=user, now=moment)
    found.refresh_from_db()
    following = "" if found.is_active else " Activate it in its menu to begin sending."
    messages.success(
        request, f"{found.name} is saved and {found.get_status_display().lower()}.{following}"
    )
    return redirect("flow", found.nexset.source_id)


def _part(request: HttpRequest, found: Destination, part: str) -> HttpResponse:
    credential = drafts.credential_of(found)
    if credential is None or not _wants_part(request):
        return redirect("wizard-configure", found.pk)
    context = _context(found, credential, form_of(found)) | {"redraws": part}
    return render(request, f"{PAGE}#{part}", context)


def _context(found: Destination, credential: Credential, form: ConfigureForm) -> dict[str, object]:
    samples, rows = _samples(found, form, credential), form.rows
    deep = [row for row in rows if row.is_deep]
    return {
        "destination": found,
        "credential": credential,
        "form": form,
        "endpoints": catalogue.ENDPOINTS,
        "samples": [_shown(each) for each in samples],
        "first_key": next((each.order_key for each in samples if each.request), ""),
        "lacks_level": form.endpoint.needs == "architect" and credential.level == "Standard",
        "rows": rows,
        "deep_rows": deep,
        "has_deep_value": any(row.is_filled for row in deep),
        "time_macros": TIME_MACROS,
        "batch_records": form.typed.get("batch.records"),
        "batch_max_bytes": form.typed.get("batch.max_bytes"),
        "error_batch_records": form.errors.get("batch.records", ""),
        "error_batch_max_bytes": form.errors.get("batch.max_bytes", ""),
    }


def _shown(sample: Sample) -> dict[str, object]:
    """Return a sample as the panel shows it."""
    context: dict[str, object] = {"sample": sample, "records": len(sample.offsets)}
    if sample.request:
        context |= {
            "headers": show.headers(sample.request),
            "body": show.body(sample.request),
            "size": len(sample.request.body),
        }
    return context


def _told(trial: Trial | None, problem: str) -> dict[str, object]:
    """Return the context of the panel Endpoint Test Result."""
    context: dict[str, object] = {"trial": trial, "trial_problem": problem}
    if trial:
        context |= {
            "trial_headers": show.headers(trial.request),
            "trial_body": show.body(trial.request) if trial.request.body else "",
            "trial_curl": show.curl(trial.request),
        }
    return context


def _wants_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
