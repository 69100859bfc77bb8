"""What is asked in a strange way: from elsewhere, to elsewhere, twice, of what is not there."""

from typing import NoReturn

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from fsdest.models import AuditEntry, Decision, QuarantinedRecord
from fsdest.web import flows
from fsdest.web.urls import urlpatterns
from tests.security.test_pages import HEADERS

PASSWORD = "correct horse battery"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "/\t/evil.example",
    "\x01//evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
]


@pytest.mark.surface("S22")
@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_login_leads_to_no_address_but_ours(db, where):
    get_user_model().objects.create_user("vera", password=PASSWORD)
    login = {"username": "vera", "password": PASSWORD, "next": where}

    assert Client().post(reverse("login"), login)["Location"] == "/flows/"
    login["next"] = "/people/"
    assert Client().post(reverse("login"), login)["Location"] == "/people/"


@pytest.mark.surface("S22")
@pytest.mark.parametrize("where", ELSEWHERE)
def test_who_is_logged_in_is_led_to_no_address_but_ours(as_ann, organization, where):
    switch = reverse("switch", args=[organization.pk])

    assert as_ann.get(reverse("login"), {"next": where})["Location"] == "/flows/"
    assert as_ann.post(switch, {"next": where})["Location"] == "/flows/"


@pytest.mark.surface("S9")
@pytest.mark.parametrize("pattern", urlpatterns, ids=lambda each: str(each.name))
def test_no_address_takes_a_form_without_a_token(ann, world, pattern):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    kwargs = {each: world[each] for each in pattern.pattern.converters}
    before = AuditEntry.objects.count()

    answer = strict.post(reverse(pattern.name, kwargs=kwargs), {"all": "1", "name": "x"})

    assert answer.status_code in {403, 405}
    assert AuditEntry.objects.count() == before


@pytest.mark.surface("S25")
@pytest.mark.parametrize("verb", ["discard", "release"])
def test_what_was_decided_already_is_not_decided_again(as_ann, destination, world, verb):
    Decision.objects.all().delete()
    where = reverse("quarantine-decide", args=[destination.pk, verb])

    for _ in range(2):
        assert as_ann.post(where, {"all": "1"}).status_code == 302

    assert Decision.objects.get(verb=verb, status="completed").done == 1
    assert AuditEntry.objects.filter(action__in=["released", "discarded"]).count() == 1
    assert not QuarantinedRecord.objects.filter(status="open").exists()


def broken(*_any: object) -> NoReturn:
    raise RuntimeError("It is broken.")


@pytest.mark.surface("S10", "S11")
@pytest.mark.parametrize(
    ("status", "person", "where"),
    [
        (403, "viewer", "/uploads/new/"),
        (404, "admin", "/nowhere/"),
        (404, "nobody", "/login/nowhere/"),
        (500, "admin", "/flows/"),
    ],
)
def test_a_page_that_refuses_is_guarded_as_any_other(everybody, monkeypatch, status, person, where):
    browser = everybody[person]
    browser.raise_request_exception = False
    if status == 500:
        monkeypatch.setattr(flows, "render", broken)

    answer = browser.get(where)

    assert answer.status_code == status
    assert {name: answer.get(name) for name in HEADERS} == HEADERS
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert b"<script>" not in answer.content
