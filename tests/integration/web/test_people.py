"""The people of an organization: roles, removals, invitations, and going from one to another."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fsdest.models import (
    AuditEntry,
    Credential,
    Invitation,
    Membership,
    Organization,
    Role,
    Source,
)
from fsdest.models.invitations import LASTS, digest

NEW = {"username": "newcomer", "password1": "a horse of twelve", "password2": "a horse of twelve"}


@pytest.fixture
def bob(organization, django_user_model):
    """A viewer of `organization`."""
    user = django_user_model.objects.create_user("bob")
    return Membership.objects.create(organization=organization, user=user)


def membership(name: str) -> Membership:
    return Membership.objects.get(user__username=name)


def invited(as_ann: Client, **fields: str) -> str:
    """Invite by the form, and return the link that is shown."""
    asked = {"role": "editor", "note": "Bob", **fields}
    shown = as_ann.post(reverse("invite"), asked).content.decode()
    return re.search(r"http://testserver(/invitations/[\w-]+/)", shown)[1]


def told(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def test_an_admin_changes_a_role_and_the_audit_has_both(as_ann, bob):
    as_ann.post(reverse("person-role", args=[bob.pk]), {"role": "operator"})

    assert membership("bob").role == Role.OPERATOR
    entry = told("role_changed")
    assert (entry.actor_name, entry.before["role"], entry.after["role"]) == (
        "ann",
        "viewer",
        "operator",
    )


def test_deletions_are_granted_beside_the_role_and_taken_back(as_ann, bob):
    where = reverse("person-role", args=[bob.pk])
    as_ann.post(where, {"role": "editor", "may_delete_people": "on"})
    assert membership("bob").may_delete_people

    as_ann.post(where, {"role": "editor"})

    assert not membership("bob").may_delete_people


def test_a_role_that_does_not_exist_changes_nothing(as_ann, bob):
    as_ann.post(reverse("person-role", args=[bob.pk]), {"role": "owner"})

    assert membership("bob").role == Role.VIEWER


@pytest.mark.parametrize(("verb", "asked"), [("role", {"role": "viewer"}), ("remove", {})])
def test_the_last_admin_can_neither_be_demoted_nor_removed(as_ann, ann, bob, verb, asked):
    where = reverse(f"person-{verb}", args=[membership("ann").pk])

    response = as_ann.post(where, asked, follow=True)

    assert "the only admin" in response.content.decode()
    assert membership("ann").role == Role.ADMIN
    assert not AuditEntry.objects.filter(action__in=["role_changed", "removed"]).exists()

    bob.change(role=Role.ADMIN, may_delete_people=False)
    as_ann.post(where, asked)

    assert not Membership.objects.filter(user=ann, role=Role.ADMIN).exists()


def test_who_was_removed_sees_nothing_any_more_at_once(as_ann, bob, nexset):
    browser = Client()
    browser.force_login(bob.user)
    where = reverse("nexset", args=[nexset.pk])
    assert browser.get(where).status_code == 200

    as_ann.post(reverse("person-remove", args=[bob.pk]))

    assert browser.get(where).status_code == 403
    assert "in no organization" in browser.get(reverse("flows")).content.decode()
    assert User.objects.filter(username="bob").exists()
    assert (told("removed").object_name, told("removed").before["role"]) == ("bob", "viewer")


def test_a_new_person_joins_by_the_link_with_the_role_that_is_in_it(as_ann, organization):
    link, browser = invited(as_ann, may_delete_people="on"), Client()
    assert organization.name in browser.get(link).content.decode()

    response = browser.post(link, NEW, follow=True)

    assert response.redirect_chain == [("/flows/", 302)]
    found = membership("newcomer")
    assert (found.organization, found.role) == (organization, Role.EDITOR)
    assert found.may_delete_people
    assert told("joined").actor_name == "newcomer"


def test_a_link_works_once(as_ann):
    link = invited(as_ann)
    Client().post(link, NEW)

    assert Client().get(link).status_code == 404
    assert Client().post(link, {**NEW, "username": "second"}).status_code == 404
    assert not User.objects.filter(username="second").exists()


def test_an_existing_person_joins_as_who_they_are(as_ann, charlie, organization):
    link, browser = invited(as_ann), Client()
    browser.force_login(charlie)
    assert "Join as charlie" in browser.get(link).content.decode()

    browser.post(link)

    roles = {each.organization.name: each.role for each in charlie.memberships.all()}
    assert roles == {"Ours": Role.EDITOR, "Theirs": Role.ADMIN}
    assert organization.name in browser.get(reverse("people")).content.decode()  # is there now


def test_who_is_a_member_already_keeps_role_and_leaves_the_link_open(as_ann, bob):
    link, browser = invited(as_ann, role="admin"), Client()
    browser.force_login(bob.user)

    assert "already" in browser.get(link).content.decode()
    browser.post(link)

    assert membership("bob").role == Role.VIEWER
    assert Client().get(link).status_code == 200


def test_a_revoked_link_lets_nobody_in(as_ann):
    link = invited(as_ann)

    as_ann.post(reverse("invitation-revoke", args=[Invitation.objects.get().pk]))

    assert Client().post(link, NEW).status_code == 404
    assert not User.objects.filter(username="newcomer").exists()
    assert told("invitation_revoked").before is not None


def test_a_link_ends_after_seven_days(as_ann):
    link = invited(as_ann)
    invitation = Invitation.objects.get()
    assert abs(invitation.expires_at - timezone.now() - LASTS) < timedelta(minutes=1)
    Invitation.objects.update(expires_at=timezone.now())

    assert Client().post(link, NEW).status_code == 404
    assert timedelta(days=7) == LASTS


def test_the_token_is_shown_once_and_kept_as_a_digest_alone(as_ann):
    link = invited(as_ann)
    token = link.split("/")[-2]

    kept = [str(value) for row in Invitation.objects.values_list() for value in row]
    told_of = [str(each.after) for each in AuditEntry.objects.all()]
    assert digest(token) in kept
    assert not any(token in each for each in (*kept, *told_of))
    assert token not in as_ann.get(reverse("people")).content.decode()


@pytest.mark.parametrize("password", ["short horse", "123456789012", "newcomer1234"])
def test_a_new_person_needs_a_good_password_and_the_link_stays_good(as_ann, password):
    link = invited(as_ann)

    response = Client().post(link, {**NEW, "password1": password, "password2": password})

    assert "password" in response.content.decode()
    assert not User.objects.filter(username="newcomer").exists()
    assert Client().get(link).status_code == 200


def test_what_has_to_be_corrected_does_not_bring_the_link_into_the_log(as_ann, caplog):
    link = invited(as_ann)

    Client().post(link, {**NEW, "username": ""})

    assert link not in caplog.text


@pytest.fixture
def theirs(charlie) -> Organization:
    return charlie.memberships.get().organization


@pytest.fixture
def in_both(as_ann, ann, theirs):
    """Ann, who is a viewer of Theirs as well; she is in Ours, the first by name."""
    Membership.objects.create(organization=theirs, user=ann, role=Role.VIEWER)
    return as_ann


def test_lists_and_objects_are_those_of_the_organization_one_is_in(in_both, theirs, source):
    other = Source.objects.create(organization=theirs, name="their-file.csv")
    shown = in_both.get(reverse("sources")).content.decode()
    assert "users.csv" in shown
    assert "their-file.csv" not in shown
    lost = in_both.get(reverse("source", args=[other.pk]))
    assert lost.status_code == 404
    assert reverse("switch", args=[theirs.pk]) in lost.content.decode()  # a way there

    in_both.post(reverse("switch", args=[theirs.pk]))

    shown = in_both.get(reverse("sources")).content.decode()
    assert "their-file.csv" in shown
    assert "users.csv" not in shown


def test_a_role_holds_where_it_was_given_alone(in_both, theirs, destination):
    activate = reverse("destination-activate", args=[destination.pk])
    in_both.post(reverse("switch", args=[theirs.pk]))

    refused = in_both.post(activate)

    assert refused.status_code == 403
    assert "In Theirs you are a viewer." in refused.content.decode()
    destination.refresh_from_db()
    assert destination.is_paused


def test_what_is_new_is_made_in_the_organization_one_is_in(in_both, theirs, stand_in):
    Membership.objects.filter(organization=theirs).update(role=Role.EDITOR)
    in_both.post(reverse("switch", args=[theirs.pk]))

    in_both.post(
        reverse("credential-new"), {"name": "Made", "target": "sandbox", "api_key": "na1.key"}
    )

    assert Credential.objects.get(name="Made").organization == theirs


@pytest.mark.surface("S22")
def test_one_goes_back_only_to_an_address_of_ours(in_both, theirs):
    switch = reverse("switch", args=[theirs.pk])

    assert in_both.post(switch, {"next": "https://evil.example/"})["Location"] == "/flows/"
    assert in_both.post(switch, {"next": "/people/"})["Location"] == "/people/"
