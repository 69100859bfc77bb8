"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLResolver, include, path

admin.autodiscover()  # what Django's own apps show, then ours
from fsdest.admin import registered  # noqa: E402, F401


def addresses(console: str) -> list[URLResolver]:
    """Return ours, and those of the operator's console below `console`, if it is anywhere."""
    ours = path("", include("fsdest.web.urls"))
    return [ours, path(f"{console}/", admin.site.urls)] if console else [ours]


urlpatterns = addresses(settings.ADMIN_PATH)
