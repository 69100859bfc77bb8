"""Every address, asked by everybody by GET and by POST, answers as the table says.

The addresses are found in the URLconf, fragments and the operator's console among them: one that
the table does not have fails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from fsdest.delivery import decisions
from fsdest.delivery.quarantine import Scope
from fsdest.models import Decision, Permission
from fsdest.web.permissions import Asks
from tests.integration.web.who_may import ANSWERS, CONSOLE, CONSOLE_OPEN, PEOPLE, TABLE

Found = tuple[str, URLPattern]  # its namespace and itself


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[Found]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, each.namespace or namespace)
        else:
            yield namespace, each


ALL = list(patterns(get_resolver()))
OURS = [each for namespace, each in ALL if not namespace]
THE_CONSOLES = [each for namespace, each in ALL if namespace == "admin"]


@contextmanager
def undone() -> Iterator[None]:
    """Undo what was done inside, so that everybody meets the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answer(response: HttpResponse) -> str:
    """Return the table's word for a response."""
    login = response.status_code == 302 and "/login/" in response["Location"]
    if login:
        return "login"
    told = {403: "no", 404: "none", 405: "post"}
    return told.get(response.status_code, "broken" if response.status_code == 500 else "ok")


def told(
    everybody: dict[str, Client], address: str, ask: Callable[[Client, str], HttpResponse]
) -> tuple[str, ...]:
    found = []
    for name in PEOPLE:
        with undone():
            found.append(answer(ask(everybody[name], address)))
    return tuple(found)


def asked(everybody: dict[str, Client], address: str) -> list[tuple[str, ...]]:
    """Return what everybody is told, by GET and by POST."""
    posted = {"all": "1", "name": "x", "role": "viewer"}
    return [
        told(everybody, address, lambda browser, where: browser.get(where, {"all": "1"})),
        told(everybody, address, lambda browser, where: browser.post(where, posted)),
    ]


@pytest.mark.parametrize("pattern", OURS, ids=lambda each: str(each.name))
@pytest.mark.surface("S18")
def test_an_address_of_ours_answers_everybody_as_the_table_says(
    pattern, everybody, world, stand_in
):
    kwargs = {each: world[each] for each in pattern.pattern.converters}
    found = asked(everybody, reverse(pattern.name, kwargs=kwargs))

    assert found == [ANSWERS[word] for word in TABLE[pattern.name]]


@pytest.mark.surface("S23")
def test_the_console_is_closed_to_everybody_who_is_no_superuser(everybody, db):
    wrong = {}
    for pattern in THE_CONSOLES:
        names = dict.fromkeys(pattern.pattern.converters, "1")
        if "app_label" in pattern.pattern.regex.groupindex:
            names = {"app_label": "auth"}
        # Without a name it is what is left over: any other address below the console's.
        console = f"admin:{pattern.name}"
        address = reverse(console, kwargs=names) if pattern.name else "/admin/nowhere/"
        expected = [ANSWERS[word] for word in CONSOLE_OPEN.get(pattern.name or "", CONSOLE)]
        if (found := asked(everybody, address)) != expected:
            wrong[address] = found

    assert wrong == {}


@pytest.mark.surface("S18")
def test_the_table_has_the_addresses_that_there_are_and_no_others():
    assert {pattern.name for pattern in OURS} == TABLE.keys()
    assert {namespace for namespace, _ in ALL} == {"", "admin"}


def test_every_view_of_ours_declares_what_it_asks_of_a_person():
    silent = [
        pattern.name
        for pattern in OURS
        if not isinstance(getattr(pattern.callback, "asks", None), Asks)
    ]

    assert silent == []


def test_every_permission_is_asked_for_somewhere():
    declared = [pattern.callback.asks for pattern in OURS]
    asked_for = {each for asks in declared for each in (asks.to_read, asks.to_change)}

    # Deletions at FullStory are asked for by what a destination does, not by an address.
    assert asked_for - {None} == set(Permission) - {Permission.DELETE_PEOPLE}


def test_a_decision_is_what_the_world_says_it_is(world, destination):
    """The rows above mean something: what they name is there to be decided on."""
    rows = Scope(until=timezone.now()).records(destination)

    assert rows.count() == 1
    assert decisions.cancel(Decision.objects.get(), now=timezone.now())
