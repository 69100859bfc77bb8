"""Markup in records, replies, names and files is text on every page that shows it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from fsdest.audit import Action, record
from fsdest.delivery import pages
from fsdest.delivery.calls import Exchange
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import (
    Credential,
    Destination,
    EditedRecord,
    ImportJob,
    Membership,
    Nexset,
    Organization,
    QuarantinedRecord,
    RejectedRow,
    Role,
    Source,
    Version,
)
from fsdest.web.urls import urlpatterns
from tests.integration.web.hostile import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

OURS = {str(each.name): each for each in urlpatterns}
SHOWS_ALL = ("flow", "quarantine", "history", "destination-record", "source", "nexset", "audit")
SHOWS_ALL += ("people", "credentials", "wizard-authenticate", "wizard-configure")
ASKS_FOR = {"quarantine-decide": "?all=1", "quarantine-decide-count": "?all=1"}
CONSOLE = ("destination", "credential", "source", "nexset", "callpage", "quarantinedrecord")
CONSOLE += ("importjob", "auditentry", "organization", "invitation")
RECORDS = [{"uid": f"u-{n}", "name": bad, bad: "x"} for n, bad in enumerate(HOSTILE)]

# What no template of ours writes: it can only have come out of a text.
CAME_TO_LIFE = """() => [...document.querySelectorAll("*")].filter(each =>
    ["MGLYPH", "IFRAME", "BASE", "STYLE"].includes(each.nodeName.toUpperCase())
    || [...each.attributes].some(({name, value}) =>
        /^(on|data-hx-|hx-on)/i.test(name) || name === "srcdoc"
        || (/^(href|src|action|formaction|hx-.*|xlink:href)$/i.test(name)
            && /^\\s*(javascript:|data:text|(https?:)?\\/\\/evil)/i.test(value))))
    .map(each => each.outerHTML.slice(0, 200))"""
TEXT = """() => [document.body.textContent, ...[...document.querySelectorAll("input, textarea")]
    .map(each => each.value)].join(" ")"""


@pytest.fixture
def nexset(nexset_of) -> Nexset:
    return nexset_of(RECORDS)


@pytest.fixture
def hostile_world(page: Client, ann: User, world: dict[str, object]) -> dict[str, object]:
    """Ann is at work where whatever can be named is named by somebody hostile: the ids."""
    ann.is_superuser = ann.is_staff = True
    ann.username = ann.first_name = HOSTILE[0]
    ann.save()
    destination = Destination.objects.get(pk=world["destination"])
    _name_all(destination)
    _name_more(destination)
    _set_aside(destination)
    _call(destination)
    _import(destination)
    _people(destination.organization)
    draft = Destination.objects.get(name=HOSTILE[-1])
    return {**world, "draft": draft.pk}


def _name_all(destination: Destination) -> None:
    """Rename what there is."""
    nexset = destination.nexset
    Organization.objects.filter(pk=destination.organization_id).update(name=HOSTILE[5])
    Nexset.objects.filter(pk=nexset.pk).update(name=HOSTILE[17])
    Destination.objects.filter(pk=destination.pk).update(
        name=HOSTILE[18], status="error", status_reason=HOSTILE[6], failing_reason=HOSTILE[8]
    )
    Source.objects.filter(pk=nexset.source_id).update(name=HOSTILE[19], file_name=HOSTILE[20])
    Version.objects.filter(destination=destination).update(
        configuration={
            **destination.version.configuration,
            "headers": [[f"X-{n}", bad] for n, bad in enumerate(HOSTILE)],
            "exclude": [HOSTILE[11]],
        }
    )


def _name_more(destination: Destination) -> None:
    """Put beside what there is one of each kind for each text, and an entry of the audit."""
    ours, nexset = destination.organization, destination.nexset
    credential = destination.credential
    for bad in HOSTILE:
        record(Action.EDITED, destination, actor=bad, before={bad: "a"}, after={bad: bad})
        made = Source.objects.create(
            organization=ours, name=bad, file_name=bad, status="failed", problem=bad
        )
        Nexset.objects.create(organization=ours, source=made, name=bad, is_ready=True)
        Credential.objects.create(
            organization=ours, name=bad, description=bad, problem=bad, status="failed",
            sealed_key=credential.sealed_key, email=bad, hold_reason=bad,
        )  # fmt: skip
        Destination.objects.create(
            organization=ours, nexset=nexset, credential=credential, name=bad, connector="fullstory"
        )
        RejectedRow.objects.create(source=nexset.source, line_number=1, reason=bad, excerpt=bad)


def _set_aside(destination: Destination) -> None:
    """Set every record aside in words of FullStory's that are the text; one was edited."""
    lane = destination.lanes.first()
    QuarantinedRecord.objects.all().delete()
    QuarantinedRecord.objects.bulk_create(
        QuarantinedRecord(
            destination=destination, lane=lane, version=destination.version, offset=offset,
            code=bad[:100], reason=bad, message=bad, reply_status=400,
            quarantined_at=timezone.now(),
        )
        for offset, bad in enumerate(HOSTILE)
    )  # fmt: skip
    EditedRecord.objects.create(
        destination=destination, offset=2, line=json.dumps(RECORDS[2]), edited_at=timezone.now()
    )


def _call(destination: Destination) -> None:
    """Write a call for each record, refused in the words of the text."""
    calls = [
        Exchange(
            at=timezone.now() - timedelta(seconds=90 - offset),
            elapsed=timedelta(milliseconds=41),
            offsets=[offset],
            version=1,
            generation=0,
            status=400,
            verdict=Verdict(VerdictKind.QUARANTINE, bad, code=bad, message=bad),
        )
        for offset, bad in enumerate(HOSTILE)
    ]
    pages.page(destination.lanes.first(), calls).save()
    destination.lanes.update(cursor=len(HOSTILE))


def _import(destination: Destination) -> None:
    for offset, bad in enumerate(HOSTILE):
        ImportJob.objects.create(
            destination=destination, lane=destination.lanes.first(), version=destination.version,
            job_id=bad, offsets=[[offset, offset]], records=1, created_at=timezone.now(),
            problem=bad,
        )  # fmt: skip


def _people(ours: Organization) -> None:
    for bad in HOSTILE[1:]:
        user = User.objects.create(username=bad, email=bad)
        Membership.objects.create(organization=ours, user=user, role=Role.VIEWER)


@pytest.fixture
def troubles() -> list[str]:
    return []


@pytest.fixture
def tab(browser: Browser, live_server, page: Client, troubles: list[str]) -> Iterator[Page]:
    """A tab with Ann logged in that notes dialogs, complaints and requests to elsewhere."""
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies(
        [
            {"name": name, "value": each.value, "url": live_server.url}
            for name, each in page.cookies.items()
        ]
    )
    tab = context.new_page()

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{live_server.url}/", "data:image/")):
            troubles.append(f"asked {request.url}")

    tab.on("request", asked)
    tab.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    tab.on("console", lambda said: is_complaint(said) and troubles.append(said.text))
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    yield tab
    context.close()


def is_complaint(said: ConsoleMessage) -> bool:
    """Return whether it is an error of a page, not of our asking for what is none."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def address(pattern: URLPattern, world: dict[str, object]) -> str:
    of_draft = {"destination": world["draft"]} if str(pattern.name).startswith("wizard-") else {}
    known = {**world, **of_draft}
    kwargs = {each: known[each] for each in pattern.pattern.converters}
    return reverse(str(pattern.name), kwargs=kwargs) + ASKS_FOR.get(str(pattern.name), "")


def every_address(world: dict[str, object]) -> Iterator[str]:
    """Yield ours by GET, later pages of lists, records one by one, and the console's lists."""
    yield from (address(pattern, world) for pattern in urlpatterns)
    of = [world["destination"]]
    yield reverse("quarantine", args=of) + "?page=2"
    yield from (reverse("destination-record", args=[*of, n]) for n in range(0, len(HOSTILE), 6))
    yield from (reverse(f"admin:fsdest_{each}_changelist") for each in CONSOLE)
    yield reverse("admin:fsdest_destination_change", args=of)
    yield reverse("admin:auth_user_changelist")


def is_shown(page: Client, where: str) -> bool:
    """Return whether a browser shows what the address answers: no file, no redirect, no 405."""
    answer = page.get(where)
    is_file = "attachment" in answer.get("Content-Disposition", "")
    return answer.status_code == 200 and not is_file and "text/html" in answer["Content-Type"]


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.surface("S12", "S17")
def test_what_somebody_hostile_wrote_is_text_on_every_page(
    tab: Page, page: Client, hostile_world: dict[str, object], troubles: list[str]
):
    shown: dict[str, str] = {}
    for where in filter(partial(is_shown, page), every_address(hostile_world)):
        tab.goto(where)
        troubles += [f"{where}: {each}" for each in tab.evaluate(CAME_TO_LIFE)]
        troubles += [f"{where} ran it"] if tab.evaluate("'__xss' in window") else []
        shown[where] = plain(tab.evaluate(TEXT))

    assert troubles == []
    assert len(shown) > 60
    for name in SHOWS_ALL:
        text = shown[address(OURS[name], hostile_world)]
        assert [bad for bad in HOSTILE if plain(bad) not in text] == [], name
