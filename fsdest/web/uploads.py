"""New Data Flow: a file is given, transferred, and read; then its nexset is there."""

import errno
import secrets
import shutil
import uuid
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from fsdest import ingest
from fsdest.models import Nexset, Organization, Permission, Source
from fsdest.web.permissions import may, member

KEPT_FREE = 256 * 2**20  # bytes of the disk; records at rest take about a tenth of their file
ENDINGS = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".gz"}


class UploadForm(forms.Form):
    """A file, and what its nexset is to be called."""

    file = forms.FileField(
        label="File",
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "empty": "The file is empty.",
        },
        widget=forms.FileInput(attrs={"class": "drop-file"}),
    )
    name = forms.CharField(
        label="Nexset Name",
        max_length=200,
        required=False,
        help_text="What the records are called. Left empty: the name of the file.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class DiskWatch(TemporaryFileUploadHandler):
    """Streams a file to the disk; where that has no room for it, notices and lets it go by."""

    is_short = False

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, *more: Any, **others: Any
    ) -> None:
        """Take the size of the whole request for that of its file."""
        self.is_short = content_length > room()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, or pass it over."""
        if self.is_short:
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write on; others may fill the disk meanwhile."""
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            self.is_short = True
            raise StopUpload(connection_reset=False) from error


def room() -> int:
    """Return how many bytes an upload may have."""
    return max(0, shutil.disk_usage(settings.UPLOAD_DIR).free - KEPT_FREE)


@may(Permission.CONFIGURE)
@csrf_exempt  # the inner half checks the token: reading it takes in the file, by our handler
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Ask for a file, take it, and have it read."""
    watch = DiskWatch(request)
    request.upload_handlers = [watch]
    return _upload(request, watch=watch)


@csrf_protect
def _upload(request: HttpRequest, *, watch: DiskWatch) -> HttpResponse:
    organization = member(request).organization
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*given)
    if watch.is_short:
        form.errors["file"] = form.error_class([_too_large()])
    if form.is_valid():
        source = _start(organization, form.cleaned_data["file"], form.cleaned_data["name"])
        address = reverse("uploading", args=[source.pk])
        return HttpResponseClientRedirect(address) if _is_htmx(request) else redirect(address)
    template = "uploads/new.html#form" if _is_htmx(request) else "uploads/new.html"
    context = {"form": form, "room": room()}
    return render(request, template, context, status=422 if form.is_bound else 200)


@may(Permission.READ)
@require_GET
def uploading(request: HttpRequest, source: uuid.UUID) -> HttpResponse:
    """How far the reading of an upload has come; its nexset, once that is there."""
    found = get_object_or_404(Source.objects.for_member(member(request)), pk=source)
    nexset = found.nexsets.ready().first()
    if nexset is None:
        return render(request, "uploads/reading.html", {"source": found})
    _tell(request, found, nexset)
    return redirect("nexset", nexset.pk)


@may(Permission.READ)
@require_GET
def upload_reading(request: HttpRequest, source: uuid.UUID) -> HttpResponse:
    """The moving part of that page."""
    found = get_object_or_404(Source.objects.for_member(member(request)), pk=source)
    if found.status == Source.Status.READY:
        return HttpResponseClientRedirect(reverse("uploading", args=[found.pk]))
    return render(request, "uploads/reading.html#reading", {"source": found})


def _start(organization: Organization, file: TemporaryUploadedFile, name: str) -> Source:
    stored = Path(settings.UPLOAD_DIR, secrets.token_hex(16))
    shutil.move(file.temporary_file_path(), stored)
    return ingest.start(
        organization,
        name=name or _name_of(file.name or ""),
        file_name=file.name or "",
        path=stored.name,
        size=file.size or 0,
    )


def _name_of(file_name: str) -> str:
    """Return the name of a file without what says its form."""
    path = Path(file_name)
    while path.suffix.lower() in ENDINGS and path.stem:
        path = path.with_suffix("")
    return path.name or "Upload"


def _too_large() -> str:
    return (
        f"The disk of this server has no room for this file: up to {filesizeformat(room())} fit. "
        "Pack it with gzip, or delete data flows that are no longer needed."
    )


def _tell(request: HttpRequest, source: Source, nexset: Nexset) -> None:
    messages.success(request, f"{nexset.record_count:,} records are ready to be sent.")
    if source.rows_rejected:
        were = "row was" if source.rows_rejected == 1 else "rows were"
        messages.warning(request, f"{source.rows_rejected:,} {were} rejected.")


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
