"""The operator of the installation, and something of everything for the console to show."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fsdest.audit import Action, record
from fsdest.delivery import pages
from fsdest.delivery.calls import Exchange
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import (
    Decision,
    Destination,
    DryRun,
    ImportJob,
    Invitation,
    Parked,
    QuarantinedRecord,
    Role,
)
from tests.integration.web import conftest as web

source, nexset, destination = web.source, web.nexset, web.destination
make_destination = web.make_destination


@pytest.fixture
def operator(db) -> Client:
    """The browser of who runs the installation, in no organization."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    return browser


def put_into_books(destination: Destination, offset: int) -> None:
    """Give a destination one of each thing that its books can hold."""
    lane, version, now = destination.lanes.first(), destination.version, timezone.now()
    mine = {"destination": destination, "lane": lane, "version": version}
    pages.page(lane, [exchange(offset)]).save()
    ImportJob.objects.create(
        **mine, job_id=f"job-{offset}", offsets=[[offset, offset]], records=1, created_at=now
    )
    Parked.objects.create(**mine, offset=offset, due_at=now, parked_at=now, reason="Busy.")
    QuarantinedRecord.objects.create(
        **mine, offset=offset, code="bad", reason="It is bad.", quarantined_at=now
    )
    DryRun.objects.create(
        destination=destination, version=version, status="completed", created_at=now
    )
    Decision.objects.create(
        destination=destination, verb="release", until=now, total=1, created_at=now
    )
    Invitation.objects.create(
        organization=destination.organization,
        role=Role.VIEWER,
        token_digest=f"{offset:064}",
        expires_at=now,
    )
    AccessAttempt.objects.create(
        username=f"ann {offset}", ip_address="192.0.2.7", failures_since_start=1
    )
    record(Action.EDITED, destination, actor="ann", after={"offset": offset})


def exchange(offset: int) -> Exchange:
    return Exchange(
        at=timezone.now(),
        elapsed=timezone.timedelta(milliseconds=12),
        offsets=[offset],
        version=1,
        generation=0,
        status=400,
        verdict=Verdict(kind=VerdictKind.QUARANTINE, reason="<b>Refused</b>.", code="bad"),
    )


@pytest.fixture
def books(destination: Destination) -> Destination:
    """A destination whose books hold one of each."""
    put_into_books(destination, 1)
    return destination
