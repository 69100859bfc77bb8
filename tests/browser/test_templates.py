"""Every endpoint template in the hands of a person: what the panel shows is what arrives."""

import json
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser import wizard
from tests.running import Stack, until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]

RECORDS = [
    {
        "uid": f"t-{n}",
        "name": f"Bought {n}",
        "email": f"t{n}@example.com",
        "city": ("Köln", "Łódź", "東京")[n],
        "spent": 19.5 + n,
        "plan": {"seats": n, "terms": ["monthly", None], "is_paid": n > 0},
    }
    for n in range(3)
]
KEY = {"Authorization": "Basic na1.admin.browser/ACME"}
HOOK = {"url": "https://hooks.example.com/old", "event_types": [{"event_name": "note.created"}]}


@pytest.fixture(scope="module")
def nexset(load: Callable[[str, list[dict]], str]) -> str:
    """The name of a nexset with three records."""
    return load("Three", RECORDS)


@pytest.fixture
def configure(person: Page, stack: Stack, nexset: str) -> Callable[[str], Page]:
    """configure("Create Event"): the Configure step with that template chosen."""

    def configure(endpoint: str) -> Page:
        wizard.configure(person, stack, nexset)
        wizard.choose_endpoint(person, endpoint)
        return person

    return configure


def constant(page: Page, field: str, text: str) -> None:
    """Fill `field` of the mapping with a constant."""
    page.get_by_label(f"{field} comes from").select_option("constant")
    page.get_by_label(f"{field}: value").fill(text)


def try_and_deliver(page: Page, calls: Callable[[], list[dict]], confirm: str = "") -> None:
    """Test, Done, Activate; the panel's samples are what the test and the delivery sent."""
    before, promised = len(calls()), wizard.shown(page)
    wizard.press_test(page, confirm)
    assert wizard.received(calls()[before:]) == promised[:1]
    wizard.deliver(page, calls)


def settled(sandbox: Callable[[str], dict]) -> None:
    until(lambda: sandbox("state")["jobs_in_progress"] == 0, what="the end of the jobs")


def effects(sandbox: Callable[[str], dict]) -> list[tuple[str, str]]:
    """What was done to whom, the test first."""
    return [(each["kind"], each.get("uid", "")) for each in sandbox("effects")["effects"]]


def test_create_or_update_user(configure, calls, sandbox):
    try_and_deliver(configure("Create or Update User"), calls)

    assert {each["uid"]: each["properties"]["city"] for each in sandbox("users")["users"]} == {
        each["uid"]: each["city"] for each in RECORDS
    }
    done = effects(sandbox)
    assert done[0] == ("user.created", "t-0")
    assert sorted(done[1:]) == [
        ("user.created", "t-1"),
        ("user.created", "t-2"),
        ("user.updated", "t-0"),
    ]


def test_delete_user(configure, calls, sandbox, stack):
    for record in RECORDS:
        user = {"uid": record["uid"]}
        requests.post(f"{stack.sandbox_url}/v2/users", json=user, headers=KEY, timeout=5)
    page = configure("Delete User")
    before = len(calls())
    page.get_by_role("button", name="Test", exact=True).click()
    expect(wizard.result(page)).to_contain_text("cannot be undone")
    assert len(calls()) == before  # without the uid typed, nothing is sent

    try_and_deliver(page, calls, confirm="t-0")

    until(
        lambda: all(each["is_being_deleted"] for each in sandbox("users")["users"]),
        what="the deletion of every user",
    )
    assert {uid for kind, uid in effects(sandbox) if kind == "user.deleted"} == {
        "t-0",
        "t-1",
        "t-2",
    }


def test_batch_create_users(configure, calls, sandbox):
    try_and_deliver(configure("Batch Create Users"), calls)

    settled(sandbox)
    assert set(sandbox("uids")["uids"]) == {"t-0", "t-1", "t-2"}
    jobs = sandbox("jobs")["jobs"]
    assert sorted((each["family"], each["size"], each["status"]) for each in jobs) == [
        ("users", 3, "COMPLETED"),
        ("users", 3, "COMPLETED"),
    ]


def test_create_event(configure, calls, sandbox):
    page = configure("Create Event")

    try_and_deliver(page, calls)

    assert sorted((uid, kind) for kind, uid in effects(sandbox)[1:] if kind == "event.created") == [
        (f"t-{n}", "event.created") for n in range(3)
    ]
    assert {each["name"] for each in sandbox("events")["events"]} == {
        "Bought 0",
        "Bought 1",
        "Bought 2",
    }


def test_create_batch_events_import_job(configure, calls, sandbox):
    try_and_deliver(configure("Create Batch Events Import Job"), calls)

    settled(sandbox)
    until(lambda: sandbox("events")["count"] == 6, what="three events of the test, three of all")
    assert {each["status"] for each in sandbox("jobs")["jobs"]} == {"COMPLETED"}


def test_create_webhook_endpoint(configure, calls, sandbox):
    page = configure("Create Webhook Endpoint")
    page.get_by_label("URL comes from").select_option("text")
    page.get_by_label("URL: value").fill("https://hooks.example.com/{record.uid}")
    page.get_by_label("Event types comes from").select_option("constant")
    page.get_by_role("button", name="Look up Event types").click()
    page.get_by_label("Event types: what FullStory lists").select_option(label="Note Created")
    expect(page.get_by_label("Event types: value as JSON")).to_have_value(
        json.dumps([{"event_name": "note.created"}])
    )

    try_and_deliver(page, calls)

    urls = {each["url"] for each in sandbox("webhooks")["endpoints"]}
    assert urls == {f"https://hooks.example.com/t-{n}" for n in range(3)}


def _hook(stack: Stack) -> str:
    url = f"{stack.sandbox_url}/webhooks/v1/endpoints"
    return requests.post(url, json=HOOK, headers=KEY, timeout=5).json()["id"]


def test_update_webhook_endpoint(configure, calls, sandbox, stack):
    hook = _hook(stack)
    page = configure("Update Webhook Endpoint")
    page.get_by_role("button", name="Look up Id").click()
    page.get_by_label("Id: what FullStory lists").select_option(hook)
    expect(page.get_by_label("Id: value")).to_have_value(hook)
    constant_choice(page, "Disabled", "true")

    try_and_deliver(page, calls)

    assert [each["enabled"] for each in sandbox("webhooks")["endpoints"]] == [False]


def constant_choice(page: Page, field: str, text: str) -> None:
    """Fill a field of the mapping that takes one of a few words."""
    page.get_by_label(f"{field} comes from").select_option("constant")
    page.get_by_label(f"{field}: value").select_option(text)


def test_delete_webhook_endpoint(configure, calls, sandbox, stack):
    hook = _hook(stack)
    page = configure("Delete Webhook Endpoint")
    constant(page, "Id", hook)

    try_and_deliver(page, calls, confirm=hook)

    assert sandbox("webhooks")["endpoints"] == []
