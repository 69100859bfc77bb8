"""A person brings a file of users to FullStory, and every record is accounted for."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]

SANDBOX = "FullStory sandbox"


def upload(page: Page, file: Path) -> None:
    """From All Data Flows to the canvas of the new flow."""
    page.get_by_role("link", name="New Data Flow").click()
    page.get_by_label("Drop a file here, or choose one").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="Open the flow").click(timeout=40_000)


def send_to_fullstory(page: Page, endpoint: str) -> None:
    """From the canvas through the wizard, with a test, to a saved destination."""
    page.get_by_label("Add to nexset").click()
    page.get_by_role("button", name="Send to Destination").first.click()
    page.get_by_role("button", name="FullStory").first.click()
    page.wait_for_url("**/authenticate/")
    page.get_by_text(SANDBOX).last.click()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/configure/")
    page.get_by_label("Endpoint", exact=True).select_option(label=endpoint)
    expect(page.get_by_text(f"What {endpoint} does")).to_be_visible()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("region", name="Endpoint Test Result")).to_contain_text("200")
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/flows/*/")


def activate(page: Page) -> None:
    """In the resource menu of the destination's card; then open its page."""
    page.get_by_label("Menu of destination").click()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("Active", exact=True).first).to_be_visible()
    page.get_by_role("link", name="to FullStory").click()


def places(page: Page) -> dict[str, int]:
    """Read the account as the page shows it."""
    rows = page.get_by_label("The account").locator("div")
    return {
        row.locator("dt").inner_text(): int(row.locator("dd").inner_text().replace(",", ""))
        for row in rows.all()
    }


def test_ten_thousand_users_arrive_and_seven_bad_ones_are_set_aside(
    person: Page, stack: Stack, sandbox: Callable, users_csv: Callable
):
    bad = {
        11: {"uid": ""},
        222: {"uid": "u" * 300},
        3333: {"email": "e" * 150},
        4444: {"bad name": "1"},
        5555: {"bad name": "2"},
        6666: {"uid": ""},
        9999: {"bad name": "3"},
    }
    file = users_csv(10_000, bad)

    upload(person, file)
    send_to_fullstory(person, "Create or Update User")
    written_by_the_test = set(sandbox("uids")["uids"])
    activate(person)
    expect(person.get_by_text("Everything is settled")).to_be_visible(timeout=45_000)

    good = {f"u-{n}" for n in range(10_000) if n not in bad}
    assert set(sandbox("uids")["uids"]) == good | written_by_the_test
    assert written_by_the_test <= good
    assert places(person) == {
        "accepted": 10_000,
        "delivered": 9_993,
        "in import jobs": 0,
        "pending": 0,
        "parked": 0,
        "skipped": 0,
        "quarantined": 7,
    }
    person.locator("#to-quarantine").click()
    expect(person.get_by_text("7 records set aside")).to_be_visible()
    expect(person.get_by_text("FullStory said:")).to_have_count(3)
    assert stack.manage("checkbooks").returncode == 0


def test_a_hundred_and_twenty_thousand_users_arrive_in_three_import_jobs(
    person: Page, stack: Stack, sandbox: Callable, users_csv: Callable
):
    bad = {n: {"bad name": "1"} for n in (7, 60_000, 60_001, 119_999)}
    file = users_csv(120_000, bad, name="many")

    upload(person, file)
    send_to_fullstory(person, "Batch Create Users")
    activate(person)
    expect(person.get_by_text("Everything is settled")).to_be_visible(timeout=50_000)

    table = person.locator("#jobs tbody tr")
    expect(table).to_have_count(3)
    assert places(person)["delivered"] == 119_996
    assert places(person)["quarantined"] == 4
    uids = set(sandbox("uids")["uids"])
    assert uids == {f"u-{n}" for n in range(120_000) if n not in bad}
    person.locator("#to-quarantine").click()
    for n in bad:
        expect(person.get_by_text(f"u-{n}", exact=False).first).to_be_attached()
    assert stack.manage("checkbooks").returncode == 0


def page_of_newest(stack: Stack) -> str:
    """Return the address of the destination that was made last."""
    newest = "from fsdest.models import Destination as D; print(D.objects.latest('created_at').pk)"
    told = stack.manage("shell", "--no-imports", "-c", newest)
    return f"{stack.url}/destinations/{told.stdout.strip()}/"


@pytest.mark.timeout(120)  # it is the last of its module: the stack stops within its time
def test_a_set_aside_user_is_edited_and_a_stopped_delivery_goes_on_with_a_new_key(
    person: Page, stack: Stack, sandbox: Callable, users_csv: Callable, fault: Callable
):
    file = users_csv(3, {1: {"bad name": "1"}}, name="three")
    told = ("send", str(file), "--endpoint", "create-or-update-user", "--credential", SANDBOX)
    assert stack.manage(*told, "--wait").returncode == 1
    page_of_it = page_of_newest(stack)
    person.goto(page_of_it)
    person.locator("#to-quarantine").click()
    person.get_by_role("link", name="Edit record 1").click()
    text = person.get_by_label("The record")
    text.fill('{"uid": "u-1",}')
    expect(person.get_by_text("Line 1, column 15: from here on this is not JSON.")).to_be_visible()
    text.fill('{"uid": "u-1", "plan": "edited"}')
    person.get_by_role("button", name="Release the edited record").click()
    expect(person.get_by_text("demo edited it on")).to_be_visible()
    person.goto(page_of_it)
    expect(person.get_by_text("Everything is settled.")).to_be_visible(timeout=10_000)
    assert places(person)["delivered"] == 3

    fault(kind="status", status=401, route="POST /v2/users", saved=False)
    assert stack.manage(*told, "--wait").returncode == 1
    requests.delete(f"{stack.sandbox_url}/_sandbox/faults", timeout=5)
    person.goto(page_of_newest(stack))
    person.locator("#to-credential").click()
    person.get_by_label("API Key").fill("na1.admin.second")
    person.get_by_role("button", name="Replace Key").click()
    expect(person.get_by_text("had stopped for its key. It is active again.")).to_be_visible()
