"""The site of the console: who may enter, its first page, what concerns the installation."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.timezone import now

from fsdest import rotation
from fsdest.admin.asked import tell
from fsdest.admin.dashboard import dashboard
from fsdest.delivery import prune


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to the whole installation."""

    label: str
    question: str
    note: str


# Everything there is, in the order in which records travel.
LISTS = (
    *(
        "Organization",
        "User",
        "Invitation",
        "Source",
        "Nexset",
        "Credential",
        "Destination",
        "Lane",
        "CallPage",
    ),
    *(
        "ImportJob",
        "Parked",
        "QuarantinedRecord",
        "Decision",
        "DryRun",
        "AuditEntry",
        "AccessAttempt",
    ),
)
DEEDS = {
    "prune": Deed(
        "Prune the books",
        "Delete calls, ended import jobs and closed records that are older than they are kept?",
        "What they delivered stays in the account. It stops after ten seconds; beat goes on.",
    ),
    "rotate": Deed(
        "Seal all keys anew",
        "Seal every credential with the newest of CREDENTIAL_KEYS?",
        "All processes have to know the newest key before.",
    ),
}


class Console(admin.AdminSite):
    """Django's admin for who runs the installation: superusers."""

    site_header = "fsdest console"
    site_title = "fsdest console"
    index_title = "How it stands"
    enable_nav_sidebar = False
    index_template = "admin/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who may do everything: the console shows all organizations."""
        return request.user.is_active and request.user.is_superuser

    @method_decorator(login_not_required)  # or the address asked for would be lost on the way
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send to the one login page there is; refuse who is logged in and may not enter."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise PermissionDenied("The console is for those who run this installation.")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Show how the installation stands, above the list of what there is."""
        found = {
            each["object_name"]: each
            for app in self.get_app_list(request)
            for each in app["models"]
        }
        lists = [found[name] for name in LISTS if name in found]
        context = {**dashboard(now()), "deeds": DEEDS, "lists": lists, **(extra_context or {})}
        return super().index(request, context)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the deeds."""
        deed = path("do/<slug:name>/", self.admin_view(self.deed), name="deed")
        return [deed, *super().get_urls()]

    def deed(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask, then do what concerns the whole installation."""
        if name not in DEEDS:
            raise Http404
        if request.method == "POST":
            tell(request, [_done(name)])
            return redirect("admin:index")
        context = {**self.each_context(request), "title": DEEDS[name].question, "deed": DEEDS[name]}
        return TemplateResponse(request, "admin/deed.html", context)


def _done(name: str) -> tuple[bool, str]:
    if name == "prune":
        keep = timedelta(days=settings.KEEP_CALLS_DAYS)
        pruned = prune.by_hand(keep=keep, clock=now, within=prune.SHIFT)
        return pruned.is_done, pruned.sentence
    rotated = rotation.reseal()
    return rotated.is_complete, rotated.sentence
