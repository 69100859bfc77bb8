"""One destination: how its delivery stands, live, and what a person does to it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from fsdest.delivery import account, control
from fsdest.models import Destination, Permission
from fsdest.web import standing
from fsdest.web.back import back
from fsdest.web.permissions import may, member, require, require_for


@may(Permission.READ)
@require_GET
def destination(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The page; a draft has none yet, and goes on in the wizard."""
    found = mine(request, destination)
    if found.is_draft:
        return redirect("wizard-configure", found.pk)
    context = standing.health(found, timezone.now()) | standing.calls(found)
    context |= standing.jobs(found, timezone.now())
    return render(request, "destinations/detail.html", context)


@may(Permission.READ)
@require_GET
def health(request: HttpRequest, destination: UUID) -> HttpResponse:
    """How the delivery stands. Tells the page when there is more to renew than this.

    `seen` is what the page knows: the status and a digest of the books.
    """
    context = standing.health(mine(request, destination), timezone.now())
    response = render(request, "destinations/detail.html#health", context)
    status, _, books = request.GET.get("seen", "").partition("-")
    if books != context["books"]:
        trigger_client_event(response, "destination-moved")
    if status != context["status"]:
        trigger_client_event(response, "destination-status")
    return response


@may(Permission.READ)
@require_GET
def calls(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The last calls."""
    context = standing.calls(mine(request, destination))
    return render(request, "destinations/detail.html#calls", context)


@may(Permission.READ)
@require_GET
def jobs(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The last import jobs."""
    context = standing.jobs(mine(request, destination), timezone.now())
    return render(request, "destinations/detail.html#jobs", context)


@may(Permission.READ)
@require_GET
def actions(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The status, and what one may do in it."""
    context = {"destination": mine(request, destination)}
    return render(request, "destinations/detail.html#actions", context)


@may(Permission.OPERATE)
@require_POST
def activate(request: HttpRequest, destination: UUID) -> HttpResponse:
    """Start sending, or go on where it stopped."""
    found = mine(request, destination)
    require_for(request, found.endpoint)
    if control.activate(found, now=timezone.now()):
        messages.success(request, f"“{found.name}” is active: its records are on their way.")
    elif found.is_active:
        messages.info(request, f"“{found.name}” is active already.")
    else:
        messages.warning(request, f"“{found.name}” could not be activated from where it stands.")
    return back(request, "destination", found.pk)


@may(Permission.OPERATE)
@require_POST
def pause(request: HttpRequest, destination: UUID) -> HttpResponse:
    """Let no new call start."""
    found = mine(request, destination)
    if control.pause(found, now=timezone.now()):
        messages.success(request, f"No new call of “{found.name}” starts.")
    else:
        messages.warning(request, f"“{found.name}” is not active.")
    return back(request, "destination", found.pk)


@may(Permission.CONFIGURE)
@require_POST
def copy(request: HttpRequest, destination: UUID) -> HttpResponse:
    """Make a paused copy that has sent nothing."""
    found = mine(request, destination)
    require_for(request, found.endpoint)
    twin = control.copy(found, user=request.user, now=timezone.now())
    messages.success(request, f"Made “{twin.name}”. It has sent nothing yet.")
    return back(request, "destination", twin.pk)


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, destination: UUID) -> HttpResponse:
    """Ask, telling what is pending, then delete. Refused while calls may be on their way.

    Who configures may throw a draft away; an account is for admins to delete.
    """
    found = mine(request, destination)
    if not found.is_draft:
        require(request, Permission.DELETE)
    flow = found.nexset.source_id
    is_sending = found.is_active or found.is_pausing
    if request.method == "POST" and not is_sending:
        control.delete(found)
        messages.success(request, f"Deleted “{found.name}”.")
        return redirect("flow", flow)
    context = {
        "destination": found,
        "balance": account.balance(found),
        "flow": flow,
        "is_sending": is_sending,
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "destinations/delete.html", context, status=status)


def mine(request: HttpRequest, destination: UUID) -> Destination:
    """Return the person's destination, or raise Http404."""
    related = Destination.objects.for_member(member(request)).select_related(
        "nexset__source", "credential", "version"
    )
    return get_object_or_404(related, pk=destination)
