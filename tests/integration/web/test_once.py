"""A form that is sent twice, at once or one after the other, is done once."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fsdest import forgetting
from fsdest.audit import Action
from fsdest.delivery import control
from fsdest.fullstory import catalogue
from fsdest.models import (
    AuditEntry,
    Burst,
    Credential,
    Decision,
    Destination,
    Membership,
    QuarantinedRecord,
    TakenForm,
)
from fsdest.payloads import configuration as configurations
from fsdest.web import once
from fsdest.web.haste import TYPED_FORM
from fsdest.web.urls import urlpatterns

NUMBER = re.compile(r'name="once" value="([0-9a-f-]{36})"')
# Where the form of an address is drawn; of the others it is that address itself.
DRAWN_ON = {
    **dict.fromkeys(("destination-activate", "destination-copy", "dryrun-start"), "destination"),
    "destination-pause": "destination",
    "wizard-test": "wizard-configure",
    "wizard-credential": "wizard-authenticate",
    **dict.fromkeys(("credential-key", "credential-delete"), "credential"),
}
ASKS = {"quarantine-decide": "?all=1", "wizard-authenticate": "?add"}

Post = Callable[[], HttpResponse]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(on_disk, world):
    """The same, where threads may write to it."""
    return world


def drawn(browser: Client, name: str, world: dict[str, object]) -> str:
    """Return the page that a person has before they press the button of address `name`."""
    page = DRAWN_ON.get(name, name)
    return browser.get(address(page, world) + ASKS.get(page, "")).content.decode()


def address(name: str, world: dict[str, object]) -> str:
    (pattern,) = (each for each in urlpatterns if each.name == name)
    return reverse(name, kwargs={each: world[each] for each in pattern.pattern.converters})


@pytest.fixture
def form(as_ann, ann, world) -> Callable[..., Post]:
    """`form("quarantine-decide", all="1")`: draw a form; what is returned sends it, each time."""

    def draw(name: str, /, **typed: str) -> Post:
        number = NUMBER.findall(drawn(as_ann, name, world))[0]
        body = urlencode(typed | {"once": number})

        def send() -> HttpResponse:
            browser = Client()
            browser.cookies = as_ann.cookies
            return browser.post(address(name, world), body, content_type=TYPED_FORM)

        return send

    return draw


def at_once(send: Post, times: int = 2) -> list[HttpResponse]:
    """Send a form from several threads at the same moment."""
    answers: list[HttpResponse] = []
    start = threading.Barrier(times)

    def press() -> None:
        start.wait()
        answers.append(send())
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(times)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def in_a_row(send: Post) -> list[HttpResponse]:
    return [send(), send()]


together = pytest.mark.parametrize("twice", [at_once, in_a_row])


@pytest.mark.surface("S25")
@pytest.mark.parametrize("name", sorted(once.ONCE - {"invitation", "send"}))
def test_every_form_that_is_done_once_carries_a_number(as_ann, world, destination, name):
    if name == "destination-pause":
        Destination.objects.update(status="active")
    if name == "version-restore":
        control.save_version(
            destination,
            configurations.guess(catalogue.endpoint("delete-user"), ["uid"]),
            user=None,
            now=timezone.now(),
        )
    if name == "flow-delete":
        control.delete(destination)
    if name == "credential-delete":
        Destination.objects.update(credential=None)

    first, again = (NUMBER.findall(drawn(as_ann, name, world)) for _ in range(2))

    assert first
    assert not set(first) & set(again)


@pytest.mark.surface("S25")
@together
@pytest.mark.parametrize("verb", ["release", "discard"])
def test_a_decision_is_made_once(form, world, twice, verb):
    Decision.objects.all().delete()
    world["verb"] = verb

    answers = twice(form("quarantine-decide", all="1"))

    assert {(each.status_code, each["Location"]) for each in answers} == {
        (302, f"/destinations/{world['destination']}/quarantine/")
    }
    assert Decision.objects.get().done == 1
    action = Action.RELEASED if verb == "release" else Action.DISCARDED
    assert AuditEntry.objects.filter(action=action).count() == 1
    assert not QuarantinedRecord.objects.filter(status="open").exists()


@pytest.mark.surface("S25")
@together
def test_an_edited_record_is_released_once(form, world, destination, twice):
    Decision.objects.all().delete()

    twice(form("destination-record-edit", record='{"uid": "user-1", "plan": "new"}'))

    assert Decision.objects.get().done == 1
    assert destination.edited_records.count() == 1


@pytest.mark.surface("S25")
@together
def test_a_test_that_deletes_deletes_once(form, destination, stand_in, twice):
    delete = configurations.guess(catalogue.endpoint("delete-user"), ["uid"])
    control.save_version(destination, delete, user=None, now=timezone.now())
    typed = {"slot": "delete-user", "endpoint": "delete-user", "uid": "uid", "confirm": "user-0"}

    send = form("wizard-test", **typed)
    stand_in.says(204, b"", takes_s=0.3)
    answers = twice(send)

    assert [each.method for each in stand_in.received] == ["DELETE"]
    assert sorted(each.status_code for each in answers) == [200, 409]
    told = next(each for each in answers if each.status_code == 409).content.decode()
    assert "This form was sent twice. It was done once. Open the form anew" in told
    assert AuditEntry.objects.filter(action=Action.TESTED).count() == 1


@together
def test_what_is_made_twice_by_a_double_click_is_there_once(form, world, twice, stand_in):
    before = Destination.objects.count()
    twice(form("destination-copy"))
    assert Destination.objects.count() == before + 1

    twice(form("credential-new", name="Twice", target="sandbox", api_key="na1.OTHER"))
    assert Credential.objects.filter(name="Twice").count() == 1

    answers = twice(form("credential-key", api_key="na1.ANOTHER"))
    assert {each.status_code for each in answers} == {302}
    assert AuditEntry.objects.filter(action=Action.KEY_REPLACED).count() == 1


@together
def test_who_presses_activate_twice_activates_once(form, destination, twice):
    answers = twice(form("destination-activate"))

    assert {each.status_code for each in answers} == {302}
    assert AuditEntry.objects.filter(action=Action.ACTIVATED).count() == 1
    destination.refresh_from_db()
    assert destination.is_active


@together
def test_an_invitation_that_is_accepted_twice_lets_one_person_in_once(world, organization, twice):
    where = reverse("invitation", args=[world["token"]])
    number = NUMBER.findall(Client().get(where).content.decode())[-1]
    good = "correct horse battery"
    typed = {"username": "eve", "password1": good, "password2": good, "once": number}

    answers = twice(lambda: Client().post(where, urlencode(typed), content_type=TYPED_FORM))

    assert {each.status_code for each in answers} == {302}
    assert Membership.objects.filter(organization=organization, user__username="eve").count() == 1
    assert AuditEntry.objects.filter(action=Action.JOINED).count() == 1


def test_who_sent_a_form_twice_is_told_that_it_was_done_once(form, as_ann, world):
    send = form("destination-copy")
    first = send()
    again = send()

    assert again["Location"] == first["Location"]
    shown = as_ann.get(first["Location"]).content.decode()
    assert once.TWICE in shown


def test_what_was_refused_can_be_corrected_and_sent_again(form, world, stand_in):
    number = form("credential-key", api_key="")
    assert [each.status_code for each in in_a_row(number)] == [422, 422]
    assert not TakenForm.objects.exists()


def test_a_form_whose_first_sending_is_not_over_is_not_done_again(
    form, world, as_ann, monkeypatch, destination
):
    monkeypatch.setattr(once, "WAIT_S", 0)
    send = form("destination-copy")
    number = NUMBER.findall(drawn(as_ann, "destination-copy", world))[0]
    TakenForm.objects.create(number=number, at=timezone.now())

    body = urlencode({"once": number})
    answer = as_ann.post(address("destination-copy", world), body, content_type=TYPED_FORM)

    assert answer.status_code == 409
    assert once.UNDER_WAY in answer.content.decode()
    assert send().status_code == 302  # another form has another number


@pytest.mark.parametrize("number", ["", "no number", "../..", "0"])
def test_without_a_number_nothing_is_remembered(as_ann, world, number):
    body = urlencode({"once": number})
    for _ in range(2):
        where = address("destination-copy", world)
        assert as_ann.post(where, body, content_type=TYPED_FORM).status_code == 302

    assert Destination.objects.filter(name__startswith="Copy of").count() == 2
    assert not TakenForm.objects.exists()


def test_a_day_later_what_was_sent_is_forgotten(db):
    now = timezone.now()
    for hours in (1, 25):
        at = now - timedelta(hours=hours)
        TakenForm.objects.create(number=f"{hours:032}", at=at)
        Burst.objects.create(who=str(hours), what="x", began_at=at, times=1)

    forgetting.forget(now=now)

    assert [each.number.int for each in TakenForm.objects.all()] == [1]
    assert [each.who for each in Burst.objects.all()] == ["1"]
