"""The versions of a destination: what changed from one to the next, and back to an earlier one."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from fsdest.delivery import control
from fsdest.delivery.control import Border
from fsdest.models import Destination, Permission, Version
from fsdest.payloads.changes import Change, diff
from fsdest.payloads.configuration import Configuration
from fsdest.web.destinations import mine
from fsdest.web.permissions import may, require_for

VERSIONS_ON_A_PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    version: Version
    changes: list[Change]  # against the one before
    is_first: bool
    is_current: bool

    @property
    def label(self) -> str:
        return f"Changes of version {self.version.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What saving a configuration would change, and from which record on: `_review.html`."""

    changes: list[Change]
    border: Border
    record_count: int

    @property
    def is_late(self) -> bool:
        """Whether no record is left that it could apply to."""
        return self.border.first >= self.record_count


def review(destination: Destination, after: Configuration) -> Review:
    """Return what a person is shown before `after` is saved for a destination with a version."""
    before = destination.version.read() if destination.version else after
    return Review(
        changes=diff(before, after),
        border=control.applies_from(destination),
        record_count=destination.nexset.record_count,
    )


@may(Permission.READ)
@require_GET
def versions(request: HttpRequest, destination: UUID) -> HttpResponse:
    """All versions, the newest first, each with what changed."""
    found = mine(request, destination)
    if found.is_draft:
        return redirect("wizard-configure", found.pk)
    saved = found.versions.order_by("-number").select_related("created_by")
    page = Paginator(saved, VERSIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"destination": found, "page": page, "rows": _rows(found, list(page.object_list))}
    return render(request, "destinations/versions.html", context)


@may(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
def restore(request: HttpRequest, destination: UUID, number: int) -> HttpResponse:
    """Show what going back to a version changes; then save it anew as the next version."""
    found = mine(request, destination)
    version = get_object_or_404(found.versions, number=number)
    shown = review(found, version.read())
    if request.method == "POST" and shown.changes:
        require_for(request, version.read().endpoint)
        user = request.user if request.user.is_authenticated else None
        now = timezone.now()
        saved = control.save_version(found, version.read(), user=user, now=now)
        messages.success(
            request, f"Version {saved.number} is as version {version.number} was, and in force."
        )
        return redirect("versions", found.pk)
    context = {"destination": found, "version": version, "review": shown}
    status = 409 if request.method == "POST" else 200
    return render(request, "destinations/restore.html", context, status=status)


def _rows(destination: Destination, shown: list[Version]) -> list[VersionRow]:
    """Return rows for consecutive versions, the newest first."""
    if not shown:
        return []
    earlier = destination.versions.filter(number__lt=shown[-1].number).order_by("-number").first()
    befores = [*shown[1:], earlier]
    return [
        VersionRow(
            version=version,
            changes=diff(before.read(), version.read()) if before else [],
            is_first=before is None,
            is_current=version.pk == destination.version_id,
        )
        for version, before in zip(shown, befores, strict=True)
    ]
