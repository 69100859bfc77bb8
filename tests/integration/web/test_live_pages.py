"""Flows, a destination and its quarantine in a real browser: live, and calm in the hand."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from fsdest.models import Destination, QuarantinedRecord
from tests.axe import serious
from tests.running import until

pytestmark = pytest.mark.browser


@pytest.fixture
def open_tab(browser: Browser, live_server, page):
    """`open_tab()`: a tab with Ann logged in; what its console complained about fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_one(**options: object) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        session = page.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        tab = context.new_page()
        tab.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        return tab

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def tab(open_tab) -> Iterator[Page]:
    return open_tab()


def flow_of(destination: Destination) -> str:
    return reverse("flow", args=[destination.nexset.source_id])


def renewals(tab: Page, times: int) -> None:
    """Wait until the page has renewed itself `times` times."""
    for _ in range(times):
        with tab.expect_response(re.compile("/(live|health)/")):
            pass


def test_counts_move_on_the_canvas_while_a_menu_stays_open(tab, make_destination):
    destination = make_destination(status="active")
    tab.goto(flow_of(destination))
    menu = tab.get_by_label("Menu of destination To FullStory")
    menu.press("ArrowDown")
    expect(tab.get_by_role("link", name="Open", exact=True)).to_be_focused()

    destination.lanes.filter(number=0).update(delivered=12, taken=12)

    expect(tab.get_by_text("12 of 30 delivered")).to_be_visible()
    expect(tab.get_by_role("link", name="Open", exact=True)).to_be_focused()
    tab.keyboard.press("ArrowDown")
    expect(tab.get_by_role("button", name="Pause")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(tab.get_by_role("button", name="Pause")).to_be_hidden()


def test_all_of_a_menu_at_the_foot_of_the_canvas_is_in_view(tab, make_destination):
    made = [make_destination(f"Number {n}") for n in range(5)]
    tab.goto(flow_of(made[0]))

    tab.get_by_label("Menu of destination Number 4").click()

    last = tab.get_by_role("article").filter(has_text="Number 4").locator(".menu-item").last
    expect(last).to_be_in_viewport(ratio=1)


def test_no_message_covers_an_open_menu(tab, destination):
    tab.set_viewport_size({"width": 390, "height": 700})
    tab.goto(flow_of(destination))
    menu = tab.get_by_label(f"Menu of destination {destination.name}")
    menu.click()
    tab.get_by_role("button", name="Activate").click()
    expect(tab.get_by_text("its records are on their way")).to_be_visible()

    menu.click()

    expect(tab.get_by_role("button", name="Pause")).to_be_visible()
    covered = """items => items.filter(item => {
        const { x, y, width, height } = item.getBoundingClientRect();
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        return top && !item.contains(top);
    }).length"""
    assert tab.locator("details[open] .menu-item").evaluate_all(covered) == 0


def test_a_menu_stays_open_when_a_status_turns_and_offers_what_fits(tab, make_destination):
    destination = make_destination(status="active")
    tab.goto(flow_of(destination))
    tab.get_by_label("Menu of destination To FullStory").click()

    Destination.objects.update(status="paused")

    expect(tab.get_by_role("button", name="Activate")).to_be_visible()


def test_one_pauses_and_activates_on_the_canvas_without_a_reload(tab, make_destination):
    destination = make_destination(status="active")
    tab.goto(flow_of(destination))
    tab.evaluate("window.stillHere = true")
    menu = tab.get_by_label("Menu of destination To FullStory")

    menu.click()
    tab.get_by_role("button", name="Pause").click()

    expect(tab.locator(".chip.is-paused")).to_be_visible()
    menu.click()
    tab.get_by_role("button", name="Activate").click()
    expect(tab.locator(".chip.is-active")).to_be_visible()
    assert tab.evaluate("window.stillHere")


LISTEN = """document.getElementById("flow-live").addEventListener(
    "htmx:afterOnLoad", () => { window.hasAnswered = true })"""


def test_an_answer_to_a_part_of_the_page_that_was_replaced_meanwhile_is_dropped(
    tab, make_destination
):
    destination = make_destination(status="active")
    late = []
    tab.route(re.compile("/live/"), lambda route: late.append((route, route.fetch())))
    tab.goto(flow_of(destination))
    tab.evaluate(LISTEN)
    Destination.objects.update(status="paused")  # so that the answer brings the whole drawing
    until(lambda: tab.title() and late, what="a renewal on its way")
    tab.get_by_label("Menu of destination To FullStory").click()
    tab.get_by_role("button", name="Pause").click()
    expect(tab.locator(".chip.is-paused")).to_be_visible()

    route, answer = late[0]
    route.fulfill(response=answer)

    until(lambda: tab.evaluate("window.hasAnswered"), what="the late answer")
    assert tab.locator(".chip.is-paused").count() == 1


def test_the_plus_on_a_nexset_begins_a_destination(tab, destination):
    tab.goto(flow_of(destination))

    tab.get_by_label("Add to nexset Users").click()
    tab.get_by_role("button", name="Send to Destination").click()

    expect(tab).to_have_url(re.compile("/destinations/.+/select/"))


def test_search_narrows_the_list_while_one_types(tab, destination):
    tab.goto(reverse("flows"))

    tab.get_by_label("Search flows").press_sequentially("orders")

    expect(tab.get_by_text("No flow has this name")).to_be_visible()
    expect(tab.get_by_label("Search flows")).to_be_focused()
    expect(tab).to_have_url(re.compile(r"\?q=orders"))


def test_the_destinations_buttons_keep_the_focus_through_every_state(tab, destination):
    tab.goto(reverse("destination", args=[destination.pk]))
    destination.lanes.update(lease_until=timezone.now() + timedelta(minutes=1))

    tab.get_by_role("button", name="Activate").press("Enter")
    expect(tab.get_by_role("button", name="Pause")).to_be_focused()
    renewals(tab, 2)
    tab.keyboard.press("Enter")

    expect(tab.get_by_text("Pausing: no new call starts.")).to_be_visible()
    Destination.objects.update(status="paused")
    expect(tab.get_by_role("button", name="Activate")).to_be_visible()


def test_a_server_that_is_gone_is_said_and_forgotten_when_it_is_back(tab, destination):
    tab.goto(reverse("flows"))
    tab.evaluate("document.dispatchEvent(new CustomEvent('htmx:sendError'))")
    expect(tab.get_by_text("The server cannot be reached.")).to_be_visible()

    tab.get_by_label("Search flows").press_sequentially("users")

    expect(tab.get_by_text("The server cannot be reached.")).to_be_hidden()


def test_when_the_session_ends_a_live_page_turns_to_the_login(tab, page, destination):
    tab.goto(reverse("destination", args=[destination.pk]))
    Destination.objects.update(status="active")

    page.logout()

    expect(tab.get_by_label("Password")).to_be_visible(timeout=10_000)
    expect(tab.locator("#navigation")).to_have_count(0)


def test_on_a_phone_the_menu_opens_from_the_top_bar(open_tab, destination):
    tab = open_tab(viewport={"width": 390, "height": 800})
    tab.goto(reverse("flows"))
    nexsets = tab.get_by_role("link", name="Nexsets")
    expect(nexsets).to_be_hidden()

    tab.get_by_role("button", name="Menu", exact=True).click()

    expect(nexsets).to_be_visible()
    tab.keyboard.press("Escape")
    expect(nexsets).to_be_hidden()


def test_all_on_this_page_chooses_all(tab, quarantined):
    tab.goto(reverse("quarantine", args=[quarantined.pk]))

    tab.get_by_label("All on this page").check()
    tab.get_by_role("button", name="Discard the chosen").click()

    expect(tab.get_by_text("2 records")).to_be_visible()


@pytest.fixture
def quarantined(destination) -> Destination:
    """A destination with two records in quarantine."""
    lane = destination.lanes.first()
    destination.lanes.filter(number=0).update(taken=2)
    for offset in (0, 1):
        QuarantinedRecord.objects.create(
            destination=destination,
            lane=lane,
            version=destination.version,
            offset=offset,
            code="bad_email",
            reason="The email is not one.",
            quarantined_at=timezone.now(),
        )
    return destination


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_fit_for_all_and_never_wider_than_the_screen(
    open_tab, quarantined, make_destination, scheme, width
):
    for status in ("draft", "active", "error"):
        make_destination(status.title(), status=status)
    tab = open_tab(viewport={"width": width, "height": 900}, color_scheme=scheme)
    own = [quarantined.pk]
    for url in (
        reverse("flows"),
        flow_of(quarantined),
        reverse("destination", args=own),
        reverse("quarantine", args=own),
        reverse("quarantine-decide", args=[*own, "discard"]) + "?all=1",
        reverse("destination-delete", args=own),
    ):
        tab.goto(url)
        assert serious(tab, colours_only=scheme == "dark") == [], url
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
