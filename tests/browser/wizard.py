"""The wizard in the hands of a person: how to get there, what its panel shows, what arrives."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Locator, Page, expect

from tests.running import Stack, until

Call = tuple[str, str, str]  # method, path with query, digest of the body ("": none)


def authenticate(page: Page, stack: Stack, nexset: str) -> None:
    """From the list of nexsets to the step Authenticate of a new destination."""
    page.goto(f"{stack.url}/nexsets/")
    page.get_by_role("link", name=nexset, exact=True).first.click()
    page.get_by_role("button", name="Send to Destination").first.click()
    page.get_by_role("button", name="FullStory").first.click()
    page.wait_for_url("**/authenticate/")


def configure(page: Page, stack: Stack, nexset: str) -> None:
    """On, with the sandbox's credential, to the step Configure."""
    authenticate(page, stack, nexset)
    page.get_by_text("FullStory sandbox").last.click()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/configure/")


def choose_endpoint(page: Page, title: str) -> None:
    """Choose an endpoint template, and wait for its settings."""
    page.get_by_label("Destination Name").fill(title)
    page.get_by_label("Endpoint", exact=True).select_option(label=title)
    expect(page.get_by_text(f"What {title} does")).to_be_visible()


def open_advanced(page: Page) -> None:
    """Open the tab Advanced."""
    page.get_by_role("button", name="Advanced").click()
    expect(page.get_by_label("Request Headers")).to_be_visible()


def redrawn(page: Page) -> None:
    """Wait until what was typed last has come back from the server.

    To be called between two choices that draw the settings anew: for a moment the new ones are
    there and not yet alive, too short for a person.
    """
    # A timer set after that of the form, and longer, ends after it.
    page.evaluate("() => new Promise(done => setTimeout(done, 200))")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")


def samples(page: Page) -> Locator:
    """The requests of the panel Sample Payload."""
    return page.locator("#preview details.sample")


def shown(page: Page) -> list[Call]:
    """Return each request that the panel shows, once it is up to date."""
    redrawn(page)
    found = []
    for sample in samples(page).all():
        method, url = (sample.locator("summary .ellipsis").text_content() or "").split()
        body = sample.locator("pre")
        text = body.text_content() if body.count() else ""
        found.append((method, "/" + url.split("/", 3)[-1], digest(text or "")))
    return found


def digest(text: str) -> str:
    """Return what the ledger keeps of a body; JSON is shown indented, and sent without blanks."""
    with suppress(ValueError):  # XML and forms are shown as they are
        text = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def received(calls: list[dict]) -> list[Call]:
    """Return the same of calls in the sandbox's ledger."""
    return [
        (
            each["method"],
            each["path"] + (f"?{each['query']}" if each.get("query") else ""),
            each["digest"] if each["bytes"] else "",
        )
        for each in calls
    ]


def result(page: Page) -> Locator:
    """The panel that tells what came of a test."""
    return page.get_by_role("region", name="Endpoint Test Result")


def press_test(page: Page, confirm: str = "") -> None:
    """Press Test beside the endpoint, and wait for an answer that is well."""
    if confirm:
        page.get_by_label("To test, type").fill(confirm)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(status(page)).to_have_text("200")


def status(page: Page) -> Locator:
    """The HTTP status that a test brought."""
    return result(page).locator(".status-code")


def send_test_data(page: Page, number: int = 1) -> None:
    """Allow testing in the panel, and send one of its samples."""
    switch = page.get_by_role("checkbox", name="Test", exact=True)
    if not switch.is_checked():
        page.locator("label.toggle", has=switch).click()
    sample = page.locator(f"#sample-{number}")
    if sample.get_attribute("open") is None:
        sample.locator("summary").click()
    sample.get_by_role("button", name="Send Test Data").click()


def save_and_activate(page: Page) -> None:
    """Done; then Activate in the menu of the newest destination on the canvas."""
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/flows/*/")
    page.get_by_label("Menu of destination").last.click()
    page.get_by_role("button", name="Activate").last.click()


def deliver(page: Page, calls: Callable[[], list[dict]]) -> list[dict]:
    """Save, activate, and check that what is delivered is what the panel showed, no more.

    The panel must show the whole nexset. Returns the calls of the delivery.
    """
    promised = shown(page)
    before = len(calls())
    save_and_activate(page)
    until(lambda: len(calls()) >= before + len(promised), what="the delivery")
    arrived = calls()[before:]
    assert sorted(received(arrived)) == sorted(promised)
    return arrived
