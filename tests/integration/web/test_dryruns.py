"""The dry run's page: started from a destination, watched, and its result kept."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from fsdest.delivery import control, dryrun
from fsdest.models import DryRun
from tests.axe import serious


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def make(destination) -> DryRun:
    run = dryrun.start(destination, now=timezone.now())
    dryrun.work(run.pk, clock=timezone.now)
    return run


@pytest.mark.parametrize("status", ["paused", "active"])
def test_it_starts_from_the_destination_page_and_from_its_menu(page, make_destination, status):
    destination = make_destination(status=status)
    start = reverse("dryrun-start", args=[destination.pk])

    text = text_of(page.get(reverse("destination", args=[destination.pk])))
    assert text.count(f'action="{start}"') == 2
    response = page.post(start)

    assert response.url == reverse("dryrun", args=[destination.pk])
    assert destination.dry_runs.get().version == destination.version
    assert "Waiting for a worker" in text_of(page.get(response.url))


def test_the_result_is_kept_with_its_version(page, destination):
    make(destination)

    text = text_of(page.get(reverse("dryrun", args=[destination.pk])))

    assert "<dt>Calls</dt><dd>30</dd>" in text
    assert "Version 1" in text
    assert "None: a request can be made of every record." in text
    assert "is in force now" not in text

    control.save_version(destination, destination.version.read(), user=None, now=timezone.now())
    text = text_of(page.get(reverse("dryrun", args=[destination.pk])))
    assert "This was version 1. Version 2 is in force now" in text


def test_progress_polls_while_it_runs_and_then_shows_the_result(page, destination):
    run = dryrun.start(destination, now=timezone.now())
    DryRun.objects.update(share=0.429, lease_until=timezone.now())
    address = reverse("dryrun-progress", args=[destination.pk])

    text = text_of(page.get(address, headers={"HX-Request": "true"}))
    assert "42 %" in text
    assert f'hx-get="{address}"' in text

    dryrun.work(run.pk, clock=timezone.now)
    text = text_of(page.get(address, headers={"HX-Request": "true"}))
    assert "hx-get" not in text
    assert "The dry run has ended." in text
    assert "Expected time" in text


def test_one_that_failed_says_why_and_offers_another(page, destination):
    dryrun.start(destination, now=timezone.now())
    DryRun.objects.update(status="failed", problem="It was interrupted.")

    text = text_of(page.get(reverse("dryrun", args=[destination.pk])))

    assert "It was interrupted." in text
    assert "Start Dry Run" in text


def test_a_draft_has_nothing_to_run(page, make_destination):
    draft = make_destination(status="draft")

    for response in (
        page.get(reverse("dryrun", args=[draft.pk])),
        page.post(reverse("dryrun-start", args=[draft.pk])),
    ):
        assert response.url == reverse("wizard-configure", args=[draft.pk])
    assert not DryRun.objects.exists()


def test_strangers_see_and_start_nothing(stranger, destination):
    make(destination)

    for name in ("dryrun", "dryrun-progress"):
        assert stranger.get(reverse(name, args=[destination.pk])).status_code == 404
    assert stranger.post(reverse("dryrun-start", args=[destination.pk])).status_code == 404
    assert DryRun.objects.count() == 1


@pytest.fixture
def open_tab(browser, live_server, page):
    """`open_tab(**context options)`: a tab with Ann logged in."""
    contexts = []
    complaints: list[str] = []

    def open_one(**options: object):
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        session = page.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        tab = context.new_page()
        tab.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        return tab

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.browser
def test_a_person_starts_one_watches_it_and_reads_the_result(open_tab, destination):
    tab = open_tab()
    tab.goto(reverse("destination", args=[destination.pk]))
    tab.get_by_role("button", name="Dry Run", exact=True).click()
    expect(tab.get_by_text("Waiting for a worker")).to_be_visible()

    dryrun.work(destination.dry_runs.get().pk, clock=timezone.now)

    expect(tab.get_by_text("Expected time", exact=True)).to_be_visible()
    expect(tab.get_by_role("status").filter(has_text="The dry run has ended.")).to_be_attached()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_its_page_and_that_of_versions_are_fit_for_all(open_tab, destination, scheme, width):
    make(destination)
    control.save_version(destination, destination.version.read(), user=None, now=timezone.now())
    make(destination)
    tab = open_tab(viewport={"width": width, "height": 900}, color_scheme=scheme)
    own = [destination.pk]
    for url in (
        reverse("dryrun", args=own),
        reverse("destination", args=own),
        reverse("versions", args=own),
        reverse("version-restore", args=[*own, 1]),
    ):
        tab.goto(url)
        assert serious(tab, colours_only=scheme == "dark") == [], url
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        assert re.search("FullStory", tab.title())
