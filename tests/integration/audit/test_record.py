"""What an entry says, and what it never says."""

import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from fsdest.audit import Action, Asker, asking, record
from fsdest.models import AuditEntry, Membership, Organization


def asker(person: object, number: str = "abcd1234") -> Asker:
    return Asker(person=lambda: person, address="192.0.2.7", request_id=number)


def test_an_entry_names_the_person_who_asks_and_from_where(credential, ann):
    with asking(asker(ann)):
        entry = record(Action.EDITED, credential, before={"name": "Key"}, after={"name": "Other"})

    assert str(entry) == "ann edited credential “Key”"
    assert (entry.actor_id, entry.object_id) == (str(ann.pk), str(credential.pk))
    assert entry.organization_id == credential.organization_id
    assert (entry.before, entry.after) == ({"name": "Key"}, {"name": "Other"})
    assert (entry.address, entry.request_id) == ("192.0.2.7", "abcd1234")


def test_without_a_request_it_is_the_process_that_did_it(credential):
    entry = record(Action.PRUNED, None)

    assert (entry.actor_id, entry.actor_name) == ("", "The system")
    assert (entry.object_kind, entry.organization_id) == ("installation", None)


def test_somebody_who_is_not_logged_in_is_nobody(credential):
    with asking(asker(AnonymousUser())):
        assert record(Action.EDITED, credential).actor_name == "Nobody"


def test_what_is_named_like_a_secret_is_blacked_out_at_any_depth(credential):
    entry = record(
        Action.EDITED,
        credential,
        after={"name": "n", "api_key": "abc", "headers": [{"Authorization": "x", "Accept": "y"}]},
    )

    assert entry.after == {
        "name": "n",
        "api_key": "[redacted]",
        "headers": [{"Authorization": "[redacted]", "Accept": "y"}],
    }


def test_values_are_cut_and_fit_every_database(credential):
    entry = record(Action.EDITED, credential, after={"name": "a\0b" + "x" * 1000})
    entry.refresh_from_db()

    assert entry.after["name"].startswith("ab")
    assert len(entry.after["name"]) == 501


@pytest.mark.django_db(transaction=True)
def test_each_entry_is_a_line_of_the_log_too(credential, ann, caplog):
    caplog.set_level(logging.INFO, "fsdest.audit")
    with asking(asker(ann)):
        record(Action.KEY_REPLACED, credential)

    assert "ann replaced the key of credential “Key”" in caplog.text
    assert "192.0.2.7" in caplog.text


def test_logging_in_and_out_is_written_down_for_each_organization(client: Client, ann):
    Membership.objects.create(organization=Organization.objects.create(name="Second"), user=ann)
    ann.set_password("correct horse battery")
    ann.save()

    client.post(
        reverse("login"),
        {"username": "ann", "password": "correct horse battery"},
        REMOTE_ADDR="192.0.2.8",
        HTTP_X_REQUEST_ID="request-1",
    )
    client.post(reverse("logout"))

    said = [(each.action, each.organization_name) for each in AuditEntry.objects.order_by("id")]
    assert sorted(said) == [
        ("logged_in", "Ours"),
        ("logged_in", "Second"),
        ("logged_out", "Ours"),
        ("logged_out", "Second"),
    ]
    first = AuditEntry.objects.earliest("id")
    assert (first.actor_name, first.address, first.request_id) == ("ann", "192.0.2.8", "request-1")


@pytest.mark.parametrize("name", ["ann", "my password, typed into the wrong field"])
def test_a_failed_login_names_our_users_alone(client: Client, ann, name):
    client.post(reverse("login"), {"username": name, "password": "hunter2hunter2"})

    entry = AuditEntry.objects.get()
    assert entry.action == Action.LOGIN_FAILED
    assert entry.object_name == ("ann" if name == "ann" else "")
    assert "password" not in str(entry)
    assert entry.after is None


def test_another_address_is_believed_only_from_a_trusted_proxy(client: Client, ann, settings):
    ann.set_password("correct horse battery")
    ann.save()
    login = {"username": "ann", "password": "correct horse battery"}
    told = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9", "REMOTE_ADDR": "10.0.0.1"}

    client.post(reverse("login"), login, **told)
    client.logout()
    settings.TRUST_PROXY = True
    client.post(reverse("login"), login, **told)

    logins = AuditEntry.objects.filter(action=Action.LOGGED_IN)
    addresses = set(logins.values_list("address", flat=True))
    assert addresses == {"10.0.0.1", "203.0.113.9"}


def test_who_failed_to_log_in_under_an_unknown_name_did_it_as_nobody(db):
    entry = record(Action.LOGIN_FAILED, None, actor="Somebody unknown")

    assert str(entry) == "Somebody unknown failed to log in"
