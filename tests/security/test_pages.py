"""What every page says in its headers, and what a form takes that it does not have."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from fsdest.models import Membership, Organization, Role

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def viewer(db) -> Client:
    user = get_user_model().objects.create_user("vera")
    Membership.objects.create(
        organization=Organization.objects.create(name="Ours"), user=user, role=Role.VIEWER
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.surface("S11")
@pytest.mark.parametrize("path", ["/", "/account/", "/no-such-page/", "/admin/", "/healthz"])
def test_no_page_is_framed_or_sniffed_and_tells_others_nothing(viewer, path):
    reply = viewer.get(path, follow=True)
    assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.surface("S11")
def test_a_page_behind_the_login_is_kept_by_no_cache(viewer):
    assert "no-store" in viewer.get("/", follow=True).headers["Cache-Control"]
