"""A flow of Ann's for the pages: source, nexset, destinations. People: see the folder above."""

from collections.abc import Callable

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fsdest.delivery import control
from fsdest.fullstory import catalogue
from fsdest.models import (
    Block,
    Credential,
    Decision,
    Destination,
    Membership,
    Nexset,
    Organization,
    QuarantinedRecord,
    Role,
    Source,
)
from fsdest.models.invitations import invite
from fsdest.payloads import configuration as configurations
from fsdest.records import blocks
from fsdest.records.schema import Schema

RECORDS = 30


@pytest.fixture
def stranger(charlie: User) -> Client:
    """The browser of Charlie, who may see nothing of ours."""
    browser = Client()
    browser.force_login(charlie)
    return browser


@pytest.fixture
def source(organization: Organization) -> Source:
    return Source.objects.create(
        organization=organization,
        name="users.csv",
        status=Source.Status.READY,
        rows_read=RECORDS,
        share_read=1,
    )


@pytest.fixture
def nexset(source: Source) -> Nexset:
    """Thirty users: user-0 ... user-29, in one block."""
    found = Nexset.objects.create(
        organization=source.organization,
        source=source,
        name="Users",
        is_ready=True,
        record_count=RECORDS,
    )
    users = [
        {"uid": f"user-{n}", "email": f"user-{n}@example.com", "plan": "gold"}
        for n in range(RECORDS)
    ]
    Block.objects.create(
        nexset=found,
        first_offset=0,
        count=RECORDS,
        data=blocks.pack([orjson.dumps(each) for each in users]),
    )
    return found


@pytest.fixture
def make_destination(nexset: Nexset, credential: Credential) -> Callable[..., Destination]:
    """`make_destination("Name", status="active")`: configured, unless a draft."""

    def make(name: str = "To FullStory", *, status: str = "paused") -> Destination:
        made = Destination.objects.create(
            organization=nexset.organization,
            nexset=nexset,
            credential=credential,
            name=name,
            connector="fullstory",
        )
        if status != "draft":
            endpoint = catalogue.endpoint("create-or-update-user")
            guessed = configurations.guess(endpoint, ["uid", "email", "plan"])
            control.save_version(made, guessed, user=None, now=timezone.now())
            Destination.objects.filter(pk=made.pk).update(status=status)
            made.refresh_from_db()
        return made

    return make


@pytest.fixture
def destination(make_destination: Callable[..., Destination]) -> Destination:
    """A paused destination that has sent nothing."""
    return make_destination()


@pytest.fixture
def nexset_of(organization):
    """`nexset_of(records)`: a nexset called Users that holds them, its attributes learned."""

    def make(records: list[dict[str, object]]) -> Nexset:
        source = Source.objects.create(
            organization=organization, name="users.csv", status=Source.Status.READY
        )
        schema = Schema()
        for record in records:
            schema.learn(record)
        made = Nexset.objects.create(
            organization=organization,
            source=source,
            name="Users",
            is_ready=True,
            record_count=len(records),
            attributes=schema.to_json(),
        )
        data = blocks.pack([blocks.encode(record) for record in records])
        Block.objects.create(nexset=made, first_offset=0, count=len(records), data=data)
        return made

    return make


@pytest.fixture
def everybody(ann, charlie, organization, django_user_model) -> dict[str, Client]:
    """The browsers of all kinds of people, by the names of the table."""
    people: dict[str, User] = {"admin": ann, "stranger": charlie}
    for role in (Role.VIEWER, Role.EDITOR, Role.OPERATOR):
        people[role.value] = user = django_user_model.objects.create_user(f"a {role.value}")
        Membership.objects.create(organization=organization, user=user, role=role)
    browsers = {"nobody": Client()}
    for name, user in people.items():
        browsers[name] = Client(raise_request_exception=True)
        browsers[name].force_login(user)
    return browsers


@pytest.fixture
def world(ann, everybody, organization, credential, destination) -> dict[str, object]:
    """What the addresses name: a destination of ours with all that belongs to it."""
    row = QuarantinedRecord.objects.create(
        destination=destination,
        lane=destination.lanes.first(),
        version=destination.version,
        offset=1,
        code="bad",
        reason="It is bad.",
        quarantined_at=timezone.now(),
    )
    moment = timezone.now()
    decision = Decision.objects.create(
        destination=destination, verb="release", until=moment, total=1, created_at=moment
    )
    invitation, token = invite(
        organization, role=Role.EDITOR, may_delete_people=False, note="", user=ann, now=moment
    )
    return {
        "destination": destination.pk,
        "nexset": destination.nexset_id,
        "source": destination.nexset.source_id,
        "credential": credential.pk,
        "organization": organization.pk,
        "membership": Membership.objects.get(user__username="a viewer").pk,
        "decision": decision.pk,
        "invitation": invitation.pk,
        "token": token,
        "offset": row.offset,
        "number": 1,
        "verb": "release",
    }
