"""What is wrong is told beside its field or in the test's result, with what to do next."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser import wizard
from tests.running import Stack, running_stack, until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]

RECORDS = [
    {"uid": f"e-{n}", "name": f"Name {n}", "email": f"e{n}@example.com", "plan": {"seats": n}}
    for n in range(3)
]
DEADLINE_S = 2  # for one call


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The product, less patient than usual."""
    with running_stack(FSDEST_CALL_DEADLINE_S=str(DEADLINE_S)) as running:
        yield running


@pytest.fixture(scope="module")
def nexset(load: Callable[[str, list[dict]], str]) -> str:
    return load("Three", RECORDS)


@pytest.fixture
def configure(person: Page, stack: Stack, nexset: str) -> Page:
    wizard.configure(person, stack, nexset)
    return person


def is_told(page: Page, field: Locator, sentence: str, typed: str) -> None:
    """The sentence is beside the field, alone, at once and after Done; what was typed stays."""
    told = page.locator(".error:visible", has_text=re.compile(r"\S"))
    for is_saved in (False, True):
        if is_saved:
            page.get_by_role("button", name="Done").click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(told).to_have_text([sentence])
        expect(field).to_have_accessible_description(re.compile(re.escape(sentence)))
        expect(field).to_have_value(typed)
    assert page.url.endswith("/configure/")


def test_a_wrong_line_of_the_mapping(configure):
    page = configure
    wizard.choose_endpoint(page, "Create or Update User")
    needed = "is needed: choose an attribute or type a value."
    for row, source, typed, sentence in (
        ("UID", "attribute", "", f"UID {needed}"),
        ("Email", "attribute", "plan", "Email takes text, but plan is object."),
        ("Display name", "text", "Dear {record.nobody}", "No record has an attribute nobody."),
        (
            "Properties",
            "constant",
            '{"plan": ',
            "Properties must be JSON, an object in braces.",
        ),
    ):
        told_in_line(page, row, source, typed, sentence)
        told_in_line(page, row, "constant", "{}", "")
    wizard.choose_endpoint(page, "Update Webhook Endpoint")
    told_in_line(page, "Id", "constant", "", f"Id {needed}")


def told_in_line(page: Page, row: str, source: str, typed: str, sentence: str) -> None:
    """Fill one line of the mapping, and see that the sentence is told, or nothing."""
    line = page.get_by_role("group", name=re.compile(rf"^{row}\b"))
    line.get_by_label(f"{row} comes from").select_option(source)
    field = line.get_by_label(re.compile(f"^{row}: ")).locator("visible=true")
    if source == "attribute":
        field.select_option(typed)
    else:
        field.fill(typed)
    wizard.redrawn(page)
    if sentence:
        is_told(page, field, sentence, typed)
    else:
        expect(page.locator(".error:visible", has_text=re.compile(r"\S"))).to_have_count(0)


def test_a_wrong_name_or_size(configure):
    page = configure
    wizard.choose_endpoint(page, "Batch Create Users")
    more = page.locator("#batch-more")
    for label, typed, sentence in (
        ("Destination Name", "", "Give the destination a name to find it by."),
        ("Batch Size", "many", "Batch Size is a whole number, not 'many'."),
        ("Batch Size", "0", "A batch holds at least one record."),
        ("Batch Size", "50,001", "FullStory takes at most 50,000 records in one call."),
        ("Largest call, in bytes", "0", "A batch needs room for at least one byte."),
        ("Longest wait, in seconds", "soon", "The longest wait is a whole number, not 'soon'."),
    ):
        field = page.get_by_label(label)
        if more.get_attribute("open") is None:  # Done draws the page anew
            more.locator("summary").click()
        before = field.input_value()
        field.fill(typed)
        wizard.redrawn(page)
        is_told(page, field, sentence, typed)
        field.fill(before)
        wizard.redrawn(page)
        expect(page.locator(".error:visible", has_text=re.compile(r"\S"))).to_have_count(0)
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_wrong_url_or_header(configure):
    page = configure
    wizard.open_advanced(page)
    host = "The URL must begin with https:// and name a host."
    for label, typed, sentence in (
        ("URL", "", "Enter the URL that is to be called."),
        ("URL", "ftp://files.example.com/", host),
        (
            "URL",
            "https://{record.uid}.example.com/",
            "The host of the URL cannot come from a record.",
        ),
        (
            "URL",
            "https://me:pass@example.com/",
            "The URL cannot hold a user or password: the credential does.",
        ),
        (
            "URL",
            "https://example.com/{now",
            "The braces in the URL are no macro. Write %7B and %7D for braces.",
        ),
        ("URL", "https://example.com/a b", "The URL cannot hold blanks or letters beyond ASCII."),
        ("Request Headers", "X-A", "This is not a list of name:value pairs: X-A"),
        ("Request Headers", "X-A:1,x-a:2", "x-a is given twice."),
        ("Request Headers", "Host:a.test", "Host cannot be set here: it comes from the URL."),
    ):
        field = page.get_by_label(label)
        before = field.input_value()
        field.fill(typed)
        wizard.redrawn(page)
        is_told(page, field, sentence, typed)
        field.fill(before)
        wizard.redrawn(page)
        expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_wrong_setting_of_a_grouping(configure):
    page = configure
    wizard.open_advanced(page)
    page.get_by_label("Would you like to batch your records together?").check()
    wizard.redrawn(page)
    holder = "The name of the attribute that holds the records is needed."
    for algorithm, setting, typed, sentence in (
        ("object", "name", "", holder),
        ("object_constant", "attribute", "", "The name of the attribute to add is needed."),
        ("by_value", "attribute", "", "The attribute to group by is needed."),
        ("template", "template", "", "The template is needed."),
        (
            "template",
            "template",
            '{"rows": []}',
            "The template needs {messages}, where the records go.",
        ),
    ):
        page.get_by_label("Grouping Algorithm").select_option(algorithm)
        wizard.redrawn(page)
        if algorithm == "object_constant":
            page.get_by_label("Attribute that holds the records").fill("rows")
        field = page.locator(f"#batch-{setting}")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(typed)
        else:
            field.fill(typed)
        wizard.redrawn(page)
        is_told(page, field, sentence, typed)


def test_a_form_cannot_carry_several_records(configure):
    page = configure
    wizard.open_advanced(page)
    page.get_by_label("Would you like to batch your records together?").check()
    wizard.redrawn(page)
    page.get_by_label("Grouping Algorithm").select_option("array")
    wizard.redrawn(page)
    field = page.get_by_label("Content Format")
    field.select_option("form")
    wizard.redrawn(page)

    is_told(page, field, "A form carries one record: choose JSON to send several.", "form")


def test_a_wrong_credential(person, stack, nexset):
    page = person
    wizard.authenticate(page, stack, nexset)
    page.get_by_role("link", name="Add Credential").click()
    form = page.get_by_role("dialog", name="Add New Credential")
    form.get_by_label("Credential Description").fill("kept")
    form.get_by_label("API Key").fill("Basic na1.admin.abc")
    form.get_by_role("button", name="Save").click()

    name, key = form.get_by_label("Credential Name"), form.get_by_label("API Key")
    expect(name).to_have_accessible_description("Give the credential a name to find it by.")
    expect(key).to_have_accessible_description(re.compile("Paste the key alone, without the word"))
    expect(form.locator(".error:visible")).to_have_count(2)
    expect(form.get_by_label("Credential Description")).to_have_value("kept")
    expect(key).to_have_value("")  # a key is never sent back to the page


def test_a_test_that_fails_says_what_to_do_next(configure, stack, sandbox):
    page = configure
    wizard.choose_endpoint(page, "Create or Update User")
    slow = {"kind": "delay_reply", "delay_s": DEADLINE_S + 2}
    for fault, status, next_step in (
        ({"kind": "status", "status": 401}, "401", "FullStory does not know this key. Copy it"),
        ({"kind": "status", "status": 403}, "403", "Create one with the level Architect or Admin"),
        ({"kind": "status", "status": 404}, "404", "Check the id or the URL"),
        ({"kind": "html"}, "200", "A web page came back, not an answer of the FullStory API."),
        (slow, "", "look in FullStory before you test again"),
    ):
        requests.post(f"{stack.sandbox_url}/_sandbox/faults", json=fault | {"times": 1}, timeout=5)
        page.get_by_role("button", name="Test", exact=True).click()

        result = wizard.result(page)
        expect(result).to_contain_text(next_step, timeout=(DEADLINE_S + 8) * 1000)
        if status:
            expect(wizard.status(page)).to_have_text(status)
        else:
            expect(result).to_contain_text("No response came")
        expect(result.locator(".note.error")).to_be_visible()
        assert "na1." not in (result.text_content() or "")  # the key is in no part of it


def test_a_dead_sandbox_is_told(configure, stack, sandbox):
    page = configure
    wizard.choose_endpoint(page, "Create or Update User")
    refuse = {"kind": "refuse", "for_s": 4, "route": "GET /elsewhere"}
    requests.post(f"{stack.sandbox_url}/_sandbox/faults", json=refuse, timeout=5)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{stack.sandbox_url}/elsewhere", timeout=5)

    page.get_by_role("button", name="Test", exact=True).click()

    step = "The sandbox does not run. Start it (bin/run does), then test again."
    expect(wizard.result(page)).to_contain_text(step)

    def answers() -> bool:
        try:
            return requests.get(f"{stack.sandbox_url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    until(answers, what="the sandbox")
    wizard.press_test(page)
