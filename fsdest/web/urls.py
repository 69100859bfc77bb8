"""Every address of the browser's door, part by part."""

from django.contrib.auth import views as auth
from django.urls import path
from django.urls.resolvers import URLPattern
from django.views.generic import RedirectView

from fsdest.web import destinations, flows, quarantine

urlpatterns: list[URLPattern] = [
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("", RedirectView.as_view(pattern_name="flows"), name="home"),
    path("flows/", flows.flows, name="flows"),
    path("flows/rows/", flows.rows, name="flow-rows"),
    path("flows/<uuid:source>/", flows.flow, name="flow"),
    path("flows/<uuid:source>/live/", flows.live, name="flow-live"),
    path("flows/<uuid:source>/delete/", flows.delete, name="flow-delete"),
]

urlpatterns += [
    path(f"destinations/<uuid:destination>/{end}", view, name=name)
    for end, view, name in (
        ("", destinations.destination, "destination"),
        ("health/", destinations.health, "destination-health"),
        ("calls/", destinations.calls, "destination-calls"),
        ("jobs/", destinations.jobs, "destination-jobs"),
        ("actions/", destinations.actions, "destination-actions"),
        ("activate/", destinations.activate, "destination-activate"),
        ("pause/", destinations.pause, "destination-pause"),
        ("copy/", destinations.copy, "destination-copy"),
        ("delete/", destinations.delete, "destination-delete"),
        ("quarantine/", quarantine.quarantine, "quarantine"),
        ("quarantine/groups/", quarantine.groups, "quarantine-groups"),
        ("quarantine/<slug:verb>/", quarantine.decide, "quarantine-decide"),
        ("quarantine/<slug:verb>/count/", quarantine.decide_count, "quarantine-decide-count"),
    )
]
