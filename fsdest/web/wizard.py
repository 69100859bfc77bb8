"""Send Nexset to Destination: the steps Select and Authenticate. `configure` is the third."""

import uuid

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST

from fsdest.delivery.key_check import try_key
from fsdest.models import Credential, Destination, Nexset, Permission
from fsdest.web import connectors, drafts
from fsdest.web.credential_forms import NewCredentialForm
from fsdest.web.permissions import may, member


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, nexset: uuid.UUID) -> HttpResponse:
    """Begin a destination (POST); or ask whether to, and offer the ones begun before (GET)."""
    found = get_object_or_404(Nexset.objects.for_member(member(request)).ready(), pk=nexset)
    if request.method == "POST":
        return redirect("wizard-select", drafts.start(found).pk)
    context = {"nexset": found, "unfinished": drafts.unfinished(found)}
    return render(request, "wizard/send.html", context)


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def wizard_select(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Choose a connector. Choosing goes on to the next step."""
    found = my_destination(request, destination)
    words = request.GET.get("q", "")
    context = {"destination": found, "q": words, "connectors": connectors.find(words)}
    if request.method == "POST":
        connector = connectors.installed(request.POST.get("connector", ""))
        if connector is not None:
            found.connector = connector.key
            found.save(update_fields=["connector"])
            return redirect("wizard-authenticate", found.pk)
        context["problem"] = "Choose a connector that is in this installation."
    page = "wizard/select.html#tiles" if _wants_part(request) else "wizard/select.html"
    return render(request, page, context, status=422 if "problem" in context else 200)


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def wizard_authenticate(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Choose the credential, or open the form that adds one."""
    found = my_destination(request, destination)
    context: dict[str, object] = {"destination": found, "credentials": _credentials(found)}
    context["chosen"] = drafts.credential_of(found)
    if request.method == "POST":
        posted = request.POST.get("credential")
        chosen = next((each for each in _credentials(found) if str(each.pk) == posted), None)
        if chosen is not None:
            drafts.choose_credential(found, chosen)
            return redirect("wizard-configure", found.pk)
        context["problem"] = "Choose a credential, or add one."
    if "add" in request.GET:
        context["form"] = NewCredentialForm(organization=found.organization)
    page = "wizard/authenticate.html#add" if _wants_part(request) else "wizard/authenticate.html"
    return render(request, page, context, status=422 if "problem" in context else 200)


@may(Permission.CREDENTIALS)
@require_POST
def wizard_credential(request: HttpRequest, destination: uuid.UUID) -> HttpResponse:
    """Add New Credential: save it, try its key, and show it as a tile, chosen."""
    found = my_destination(request, destination)
    form = NewCredentialForm(request.POST, organization=found.organization)
    context: dict[str, object] = {"destination": found, "form": form}
    if form.is_valid():
        chosen = try_key(form.create(), now=now())
        drafts.choose_credential(found, chosen)
        if not _wants_part(request):
            return redirect("wizard-authenticate", found.pk)
        context |= {"credentials": _credentials(found), "chosen": chosen, "is_added": True}
        return render(request, "wizard/authenticate.html#tiles", context)
    if _wants_part(request):
        response = render(request, "wizard/authenticate.html#add", context, status=422)
        response["HX-Retarget"], response["HX-Reswap"] = "#add", "outerHTML"
        return response
    context |= {"credentials": _credentials(found), "chosen": drafts.credential_of(found)}
    return render(request, "wizard/authenticate.html", context, status=422)


def my_destination(request: HttpRequest, destination: uuid.UUID) -> Destination:
    """Return the person's destination, or raise Http404."""
    mine = Destination.objects.for_member(member(request))
    related = mine.select_related("organization", "nexset", "credential", "version")
    return get_object_or_404(related, pk=destination)


def _credentials(destination: Destination) -> QuerySet[Credential]:
    return Credential.objects.filter(organization=destination.organization_id)


def _wants_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
