"""Nothing is offered to a person that would be refused: all links and forms are tried."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.urls import resolve, reverse

from fsdest.fullstory import catalogue
from fsdest.models import Membership, Permission, Role, Source
from fsdest.payloads import configuration as configurations
from fsdest.web import urls
from tests.integration.web.who_may import ANSWERS, PEOPLE, TABLE

VOID = {"input", "img", "meta", "link", "br", "hr"}


class Offers(HTMLParser):
    """Collects ("get" or "post", address) of all that a page lets a person do."""

    def __init__(self, page: str, here: str) -> None:
        super().__init__()
        self.here, self.found = here, set[tuple[str, str]]()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        if tag not in VOID:
            self.open.append((tag, attributes))
        if any(name == "fieldset" and "disabled" in each for name, each in self.open):
            return
        offered = {
            "href": "get" if tag == "a" else "",
            "hx-get": "get",
            "hx-post": "post",
            "formaction": self._method(),
            "action": attributes.get("method", "get"),
        }
        if tag == "form":
            attributes.setdefault("action", self.here)
        for name, method in offered.items():
            if method and name in attributes:
                address = attributes[name].partition("?")[0].partition("#")[0] or self.here
                self.found.add((method, address))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def _method(self) -> str:
        forms = [each for name, each in self.open if name == "form"]
        return forms[-1].get("method", "get") if forms else "post"


def refused(found: set[tuple[str, str]], member: Membership) -> Iterator[str]:
    for method, address in sorted(found):
        if not address.startswith("/") or address.startswith(("/static/", "/admin/")):
            continue
        match = resolve(address)
        asks = match.func.asks
        permission = asks.to_read if method == "get" else asks.to_change
        if permission and not member.may(permission):
            yield f"{method} {match.view_name}"


def pages(role: str) -> Iterator[str]:
    """Yield the names of the addresses that a person of this role may open."""
    for name, (get, _) in TABLE.items():
        if ANSWERS[get][PEOPLE.index(role)] == "ok":
            yield name


@pytest.fixture
def deletes(make_destination):
    """A paused destination that deletes users."""
    made = make_destination("Deletes")
    endpoint = catalogue.endpoint("delete-user")
    version = made.version
    version.configuration = configurations.guess(endpoint, ["uid"]).to_json()
    version.save()
    return made


@pytest.mark.parametrize("role", [each.value for each in Role])
def test_a_page_offers_a_person_only_what_they_may_do(
    role, everybody, world, make_destination, deletes, stand_in
):
    others = [make_destination(each, status=each) for each in ("draft", "active", "error")]
    Source.objects.create(
        organization_id=world["organization"], name="Broken", status=Source.Status.FAILED
    )
    user = User.objects.get(username="ann" if role == "admin" else f"a {role}")
    member = user.memberships.get()
    worlds = [world, *({**world, "destination": each.pk} for each in (*others, deletes))]
    wrong, seen = set(), set()
    names = {each.name: each for each in urls.urlpatterns}
    for name in pages(role):
        converters = names[name].pattern.converters
        for each in worlds if "destination" in converters else [world]:
            here = reverse(name, kwargs={key: each[key] for key in converters})
            response = everybody[role].get(here, {"all": "1"})
            if "text/html" not in response.get("Content-Type", ""):
                continue
            offers = Offers(response.content.decode(), here)
            seen |= offers.found
            wrong |= {f"{name} offers {each}" for each in refused(offers.found, member)}

    assert wrong == set()
    assert len(seen) > 50  # it has looked at something


def test_a_deletion_is_offered_to_whom_it_was_granted_alone(everybody, deletes, ann):
    activate = ("post", reverse("destination-activate", args=[deletes.pk]))
    copy = ("post", reverse("destination-copy", args=[deletes.pk]))
    here = reverse("destination", args=[deletes.pk])

    assert {activate, copy} <= Offers(everybody["admin"].get(here).content.decode(), here).found

    ann.memberships.update(may_delete_people=False)

    found = Offers(everybody["admin"].get(here).content.decode(), here).found
    assert not found & {activate, copy}
    assert not ann.memberships.get().may(Permission.DELETE_PEOPLE)
