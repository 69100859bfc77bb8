"""A destination as a file: downloaded from its menu, taken in on the Import page."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from fsdest.delivery import portable
from fsdest.models import Credential, Destination, Nexset, Permission
from fsdest.payloads import plain_yaml
from fsdest.payloads import portable as files
from fsdest.payloads.plain_yaml import UnreadableError
from fsdest.web.destinations import mine
from fsdest.web.permissions import may, member, require_for

ROUND_THE_FILE = 64 * 1024  # bytes of a request beside its file
TOO_LARGE = f"The file has more than {plain_yaml.LARGEST // 1024} KiB: this is not ours."


class SmallFile(MemoryFileUploadHandler):
    """Keeps the file in memory; lets one that is too large go by unread."""

    is_too_large = False

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, *more: Any, **others: Any
    ) -> None:
        """Take the size of the whole request for that of its file."""
        self.activated = True
        self.is_too_large = content_length > plain_yaml.LARGEST + ROUND_THE_FILE

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, or pass it over."""
        if self.is_too_large:
            raise SkipFile
        super().new_file(*args, **kwargs)


class ImportForm(forms.Form):
    """A file, the records it is for, and the key to send them with."""

    file = forms.FileField(
        label="File",
        help_text="The YAML that Export gives.",
        widget=forms.FileInput(attrs={"class": "input", "accept": ".yaml,.yml"}),
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "empty": "The file is empty.",
        },
    )
    nexset = forms.ModelChoiceField(
        Nexset.objects.none(),
        label="Nexset",
        empty_label=None,
        help_text="Whose records are sent.",
        widget=forms.Select(attrs={"class": "input"}),
        error_messages={"invalid_choice": "Choose one of your nexsets."},
    )
    credential = forms.ModelChoiceField(
        Credential.objects.none(),
        label="Credential",
        required=False,
        empty_label="As the file says",
        help_text="The file names one; the key itself is never in it.",
        widget=forms.Select(attrs={"class": "input"}),
        error_messages={"invalid_choice": "Choose one of your credentials."},
    )

    def __init__(
        self,
        *given: Any,
        nexsets: QuerySet[Nexset],
        credentials: QuerySet[Credential],
        **more: Any,
    ) -> None:
        super().__init__(*given, **more)
        for name, choices in (("nexset", nexsets), ("credential", credentials)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
            field.queryset = choices


@may(Permission.READ)
@require_GET
def export(request: HttpRequest, destination: UUID) -> HttpResponse:
    """The file of the version in force."""
    found = mine(request, destination)
    if found.is_draft:
        messages.warning(request, "Finish the configuration first: a draft has nothing to export.")
        return redirect("wizard-configure", found.pk)
    response = HttpResponse(portable.write(found), content_type="application/yaml")
    plain = slugify(found.name) or "destination"
    whole = quote(f"{found.name}.yaml", safe="")
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}.yaml\"; filename*=UTF-8''{whole}"
    )
    return response


@may(Permission.CONFIGURE)
@csrf_exempt  # the inner half checks the token: reading it takes in the file, by our handler
@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """Import: ask for a file, and make a paused destination of it."""
    small = SmallFile(request)
    request.upload_handlers = [small]
    return _bring_in(request, small=small)


@csrf_protect
def _bring_in(request: HttpRequest, *, small: SmallFile) -> HttpResponse:
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    nexsets = Nexset.objects.for_member(member(request)).filter(is_ready=True)
    form = ImportForm(
        *given,
        nexsets=nexsets,
        credentials=Credential.objects.for_member(member(request)),
        initial={"nexset": request.GET.get("nexset", "")},
    )
    if small.is_too_large:
        form.errors["file"] = form.error_class([TOO_LARGE])
    if form.is_valid() and (made := _made(request, form)):
        return redirect("flow", made.nexset.source_id)
    context = {"form": form, "has_nexsets": nexsets.exists()}
    status = 422 if form.is_bound else 200
    return render(request, "destinations/import.html", context, status=status)


def _made(request: HttpRequest, form: ImportForm) -> Destination | None:
    """Make the destination; or say beside the file what is wrong, having made nothing."""
    nexset: Nexset = form.cleaned_data["nexset"]
    chosen: Credential | None = form.cleaned_data["credential"]
    if chosen and chosen.organization_id != nexset.organization_id:
        form.add_error("credential", "It belongs to another organization than the nexset.")
        return None
    try:
        found = files.read(form.cleaned_data["file"].read())
        require_for(request, found.configuration.endpoint)
        made = portable.take_in(
            found,
            nexset=nexset,
            credential=chosen or portable.credential_for(found, nexset),
            user=request.user,
            now=timezone.now(),
        )
    except UnreadableError as wrong:
        form.add_error("file", str(wrong))
        return None
    messages.success(request, f"Made “{made.name}”, paused. It has sent nothing yet.")
    if needed := portable.still_needed(found.left_out):
        messages.warning(request, needed)
    return made
