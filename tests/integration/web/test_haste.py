"""Who is too fast is told so, and when to go on; what was typed is kept."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now

from fsdest.audit import Action
from fsdest.models import AuditEntry, Burst, EditedRecord
from fsdest.web import haste
from fsdest.web.haste import COSTLY, COSTLY_TO_READ, PASSWORDS, SPAN, TESTS, Pace
from fsdest.web.urls import urlpatterns
from tests.integration.web.who_may import ANSWERS, PEOPLE, TABLE

OURS = {str(each.name): each for each in urlpatterns}
# What may be posted as fast as one likes, and why.
CHEAP = {
    "login": "slowed by failures: see test_login",
    "logout": "ends a session",
    "switch": "writes into the session",
    "home": "leads on",
    **dict.fromkeys(("destination-activate", "destination-pause"), "one row; twice does nothing"),
    **dict.fromkeys(("destination-delete", "flow-delete", "credential-delete"), "is there once"),
    **dict.fromkeys(("decision-cancel", "invitation-revoke", "person-remove"), "is there once"),
    **dict.fromkeys(("person-role", "credential"), "changes one row in place"),
    **dict.fromkeys(("source-rename", "nexset-rename"), "changes one row in place"),
    **dict.fromkeys(("wizard-select", "wizard-authenticate"), "changes one row in place"),
    **dict.fromkeys(("wizard-settings", "wizard-preview", "wizard-discard"), "at each keystroke"),
}


def asked(user, pace: Pace, *, times: int, ago: float = 0) -> None:
    """Let `user` have asked for it so often, beginning `ago` seconds ago."""
    began_at = now() - timedelta(seconds=ago)
    Burst.objects.create(who=f"person {user.pk}", what=pace.what, began_at=began_at, times=times)


def text(response) -> str:
    return " ".join(unescape(response.content.decode()).split())


@pytest.fixture
def try_key(as_ann, credential):
    return lambda: as_ann.post(reverse("credential-test", args=[credential.pk]))


@pytest.mark.surface("S28")
def test_who_tests_too_often_is_told_when_to_go_on_and_nothing_is_sent(try_key, ann, stand_in):
    asked(ann, TESTS, times=TESTS.most - 1, ago=18)
    assert try_key().status_code < 400
    sent = len(stand_in.received)

    refused = try_key()

    assert refused.status_code == 429
    assert 40 <= int(refused.headers["Retry-After"]) <= 42
    told = f"60 tests in a minute are the most. You can go on in {refused['Retry-After']} seconds."
    assert told in text(refused)
    assert sent == len(stand_in.received) > 0


@pytest.mark.surface("S28")
def test_a_minute_later_or_for_somebody_else_it_goes_on(try_key, ann, charlie, stand_in):
    asked(ann, TESTS, times=TESTS.most, ago=SPAN.total_seconds() + 1)
    asked(charlie, TESTS, times=TESTS.most)

    assert try_key().status_code < 400
    assert Burst.objects.get(who=f"person {ann.pk}").times == 1


@pytest.mark.surface("S28")
def test_what_fails_counts_as_much_as_what_succeeds(as_ann, credential):
    where = reverse("credential-key", args=[credential.pk])

    answers = [as_ann.post(where, {"api_key": ""}).status_code for _ in range(TESTS.most + 2)]

    assert answers == [422] * TESTS.most + [429] * 2
    assert not AuditEntry.objects.filter(action=Action.KEY_REPLACED).exists()


@pytest.mark.surface("S28")
def test_a_password_is_not_guessed_in_a_session_that_somebody_took_over(as_ann):
    guess = {"old_password": "guess", "new_password1": "x", "new_password2": "x"}

    answers = [as_ann.post(reverse("account"), guess) for _ in range(PASSWORDS.most + 1)]

    assert {each.status_code for each in answers[:-1]} == {422}
    assert answers[-1].status_code == 429
    assert "guess" not in text(answers[-1])
    assert as_ann.post(reverse("end-sessions"), {"sessions-password": "x"}).status_code == 429


@pytest.mark.surface("S28")
@pytest.mark.parametrize("name", sorted({**COSTLY, **COSTLY_TO_READ}))
def test_every_costly_address_is_slowed(as_ann, ann, world, stand_in, name):
    is_read = name in COSTLY_TO_READ
    pace = COSTLY_TO_READ[name] if is_read else COSTLY[name]
    where = reverse(name, kwargs={each: world[each] for each in OURS[name].pattern.converters})
    ask: Callable[..., object] = as_ann.get if is_read else as_ann.post
    asked(ann, pace, times=pace.most - 1)

    first, second = ask(where), ask(where)

    assert first.status_code != 429
    assert second.status_code == 429
    wait = int(second["Retry-After"])
    assert 0 < wait <= 60
    assert f"{pace.most} {pace.what} in a minute are the most." in text(second)
    assert f"You can go on in {wait} second" in text(second)


@pytest.mark.surface("S28")
def test_every_address_that_takes_a_form_has_a_pace_or_a_reason_why_not():
    admin = PEOPLE.index("admin")
    takes = {name for name, (_, word) in TABLE.items() if ANSWERS[word][admin] != "post"}

    assert takes == COSTLY.keys() | CHEAP.keys()
    assert not COSTLY.keys() & CHEAP.keys()


@pytest.mark.surface("S28")
def test_the_console_is_slowed_too(admin_client, admin_user):
    asked(admin_user, haste.CONSOLE, times=haste.CONSOLE.most)

    assert admin_client.post(reverse("admin:deed", args=["prune"])).status_code == 429
    assert admin_client.get(reverse("admin:deed", args=["prune"])).status_code == 200


@pytest.mark.surface("S28")
def test_who_is_not_known_yet_is_slowed_by_address(client, world):
    where = reverse("invitation", args=[world["token"]])
    answers = [client.post(where, {"username": "eve"}) for _ in range(PASSWORDS.most + 1)]

    assert answers[-1].status_code == 429
    assert "attempts with a password" in text(answers[-1])
    elsewhere = client.post(where, {"username": "eve"}, REMOTE_ADDR="203.0.113.7")
    assert elsewhere.status_code == 200


def test_what_was_typed_is_kept_but_no_secret(as_ann, ann):
    asked(ann, TESTS, times=TESTS.most)
    typed = {"name": "The <b>new</b> one", "description": "of Ann", "api_key": "na1.SECRETSECRET"}

    refused = as_ann.post(
        reverse("credential-new"), urlencode(typed), content_type=haste.TYPED_FORM
    )

    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', refused.content.decode()))
    del fields["csrfmiddlewaretoken"]
    assert {name: unescape(value) for name, value in fields.items()} == {
        "name": "The <b>new</b> one",
        "description": "of Ann",
    }
    assert "What you typed is kept, but for what is secret." in text(refused)
    assert "SECRETSECRET" not in text(refused)
    assert refused["HX-Reswap"] == "none"  # a page of which a part was asked for stays as it is


def test_a_record_that_is_edited_too_fast_stays_as_it_was_typed(as_ann, ann, world, destination):
    asked(ann, haste.RELEASES, times=haste.RELEASES.most)
    where = reverse("destination-record-edit", args=[destination.pk, world["offset"]])

    refused = as_ann.post(where, {"record": '{"uid": "as <typed>"}', "configuration": "original"})

    assert refused.status_code == 429
    assert '{"uid": "as <typed>"}</textarea>' in text(refused)
    assert "releases and discards in a minute are the most" in text(refused)
    assert not EditedRecord.objects.exists()
    assert as_ann.get(where).status_code == 200


@pytest.mark.parametrize("is_part", [True, False])
def test_a_test_that_comes_too_fast_is_refused_in_its_panel(
    as_ann, ann, destination, stand_in, is_part
):
    asked(ann, TESTS, times=TESTS.most)
    headers = {"HX-Request": "true"} if is_part else {}
    typed = {"slot": "create-or-update-user", "name": "As typed"}

    refused = as_ann.post(reverse("wizard-test", args=[destination.pk]), typed, headers=headers)

    assert refused.status_code == 429
    assert "HX-Reswap" not in refused
    assert 'id="trial"' in text(refused)
    assert "60 tests in a minute are the most" in text(refused)
    assert "<html" not in text(refused) or not is_part
    destination.refresh_from_db()
    assert destination.draft["name"] == "As typed"
    assert stand_in.received == []


@pytest.mark.surface("S28")
@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_moment_as_many_pass_as_may(on_disk):
    waits: list[timedelta] = []
    start, moment = threading.Barrier(4), now()

    def ask() -> None:
        start.wait()
        for _ in range(5):
            waits.append(Burst.objects.spend("ann", "x", most=12, span=SPAN, now=moment))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(map(bool, waits)) == [False] * 12 + [True] * 8
    assert Burst.objects.get().times == 12
