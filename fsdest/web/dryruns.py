"""The dry runs of a destination: started, watched, and what they found."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from fsdest.delivery import dryrun
from fsdest.delivery.forecast import Forecast
from fsdest.models import Destination, DryRun, Permission
from fsdest.web.destinations import mine
from fsdest.web.permissions import may


@may(Permission.READ)
@require_GET
def dry_run(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The last dry run, and those before it."""
    found = mine(request, destination)
    if found.is_draft:
        return redirect("wizard-configure", found.pk)
    return render(request, "destinations/dryrun.html", _context(found))


@may(Permission.DRY_RUN)
@require_POST
def dry_run_start(request: HttpRequest, destination: UUID) -> HttpResponse:
    """Have a dry run made of the version in force."""
    found = mine(request, destination)
    if found.is_draft:
        messages.warning(request, "Finish the configuration first: a dry run needs one.")
        return redirect("wizard-configure", found.pk)
    dryrun.start(found, now=timezone.now())
    return redirect("dryrun", found.pk)


@may(Permission.READ)
@require_GET
def dry_run_progress(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The moving part of the page: how far it is, and in the end what it found."""
    context = _context(mine(request, destination)) | {"is_renewed": True}
    return render(request, "destinations/dryrun.html#progress", context)


def _context(destination: Destination) -> dict[str, object]:
    runs = list(destination.dry_runs.select_related("version"))
    last = runs[0] if runs else None
    context: dict[str, object] = {
        "destination": destination,
        "run": last,
        "earlier": [_found(run) for run in runs[1:] if run.is_completed],
        "is_stale": last is not None and last.version_id != destination.version_id,
    }
    if last and last.is_completed:
        context |= _found(last) | {"key": _key_label(last)}
    return context


def _found(run: DryRun) -> dict[str, object]:
    """Return what a completed dry run found, as the page shows it."""
    counters = dict(run.counters)
    expected = counters.pop("expected")
    forecast = Forecast.from_json(counters)
    return {
        "run": run,
        "forecast": forecast,
        "accepted": forecast.records + forecast.rejected,
        "rejections": sorted(forecast.rejections.values(), key=lambda each: -each.count),
        "expected": timedelta(seconds=expected["seconds"]),
        "assumes": expected["assumes"],
        "took": run.finished_at - run.started_at if run.finished_at and run.started_at else None,
    }


def _key_label(run: DryRun) -> str:
    """Return what the page calls the field by which records keep their order."""
    endpoint = run.version.read().endpoint
    places = {field.path: field.label for field in endpoint.fields}
    places |= {each.name: each.label for each in endpoint.parameters}
    return places.get(endpoint.order_by, endpoint.order_by)
