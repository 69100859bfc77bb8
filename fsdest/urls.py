"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

admin.autodiscover()  # what Django's own apps show, then ours
from fsdest.admin import registered  # noqa: E402, F401

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("fsdest.web.urls")),
]
