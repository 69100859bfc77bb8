"""The wizard in a real browser: by keyboard alone, with menus of macros, and accessible."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from fsdest.models import Credential, Destination, Nexset
from tests.axe import serious

pytestmark = pytest.mark.browser

RECORDS = [{"uid": f"u{n}", "name": f"User {n}", "plan": "free"} for n in range(3)]
OWNER = b'{"email":"daniel@example.com","orgId":"ABC","role":"ARCHITECT"}'
WRONG_JSON = [
    ('{\n  "uid": oops\n}', "Line 2, column 10"),
    ('{\n  "uid": "a",\n}', "Line 3, column 1"),
    ('{"a": [1, 2}', "Line 1, column 12"),
    ('{"a": 01}', "Line 1, column 8"),
    ('{"a" 1}', "Line 1, column 6"),
    ('{"a": 1} {}', "Line 1, column 10"),
    ('[{"a": [[]]}, ', "Line 1, column 15"),
    ("", "Line 1, column 1"),
]


@pytest.fixture
def nexset(nexset_of) -> Nexset:
    return nexset_of(RECORDS)


@pytest.fixture
def draft(nexset, credential) -> Destination:
    return Destination.objects.create(
        organization=nexset.organization,
        nexset=nexset,
        credential=credential,
        connector="fullstory",
        name="Users to FullStory",
    )


@pytest.fixture
def tab(transactional_db, browser: Browser, live_server, as_ann) -> Iterator[Page]:
    """A tab with Ann logged in; what its console complains about fails the test."""
    context = browser.new_context(base_url=live_server.url)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies(
        [{"name": name, "value": as_ann.cookies[name].value, "url": live_server.url}]
    )
    complaints: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert [each for each in complaints if "422" not in each] == []


def configure(tab: Page, draft: Destination) -> None:
    tab.goto(reverse("wizard-configure", args=[draft.pk]))


def sample(tab: Page):
    return tab.get_by_label("Body of sample 1", exact=True)


def go_to(tab: Page, name: str) -> None:
    """Press Tab until the element called `name` has the focus."""
    for _ in range(80):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(
            "() => { const one = document.activeElement;"
            " const by = one.getAttribute('aria-labelledby');"
            " return one.ariaLabel || (by && document.getElementById(by)?.textContent)"
            " || one.labels?.[0]?.textContent || one.textContent || one.value }"
        )
        if name in " ".join((focused or "").split()):
            return
    raise AssertionError(f"Tab never reached {name!r}")


def test_the_whole_wizard_works_by_keyboard_alone(tab, nexset, credential, stand_in):
    stand_in.says(body=b'{"id":"1"}')
    tab.goto(reverse("send", args=[nexset.pk]))
    go_to(tab, "Send to Destination")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/select/")
    go_to(tab, "Users, events and webhooks")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/authenticate/")
    go_to(tab, credential.name)
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Next").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/configure/")
    go_to(tab, "Test")
    tab.keyboard.press("Enter")
    result = tab.get_by_role("region", name="Endpoint Test Result")
    expect(result).to_contain_text("FullStory has it.")
    tab.get_by_role("button", name="Done").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/flows/**")

    assert Destination.objects.get().is_paused


def test_typing_a_brace_offers_attributes_and_times_and_takes_one(tab, draft):
    configure(tab, draft)
    tab.get_by_label("UID comes from", exact=True).select_option("text")
    field = tab.get_by_label("UID: value")
    field.focus()
    tab.keyboard.type("x-{pl")

    expect(tab.get_by_role("listbox", name="Macros")).to_be_visible()
    tab.keyboard.press("Enter")
    tab.keyboard.type("-{")
    tab.keyboard.press("Escape")

    expect(field).to_have_value("x-{record.plan}-{")
    expect(tab.get_by_role("listbox", name="Macros")).to_be_hidden()
    expect(sample(tab)).to_contain_text('"uid": "x-free-{"')


def test_a_change_shows_in_the_sample_and_survives_a_reload(tab, draft):
    configure(tab, draft)
    tab.get_by_label("Display name: attribute").select_option("plan")

    expect(sample(tab)).to_contain_text('"display_name": "free"')
    tab.reload()
    expect(tab.get_by_label("Display name: attribute")).to_have_value("plan")


def test_a_wrong_setting_is_told_beside_its_field_while_typing(tab, draft):
    configure(tab, draft)
    tab.get_by_label("UID: attribute").select_option("")

    expect(tab.locator("#mapping-uid-error")).to_have_text(
        "UID is needed: choose an attribute or type a value."
    )
    expect(tab.get_by_label("UID: attribute")).to_have_value("")


def test_a_sample_is_changed_with_line_errors_sent_and_reset(tab, draft, stand_in):
    stand_in.says(body=b'{"id":"1"}')
    configure(tab, draft)
    tab.get_by_role("checkbox", name="Test").check(force=True)
    editor = tab.get_by_label("Body of sample 1, to change")
    before = editor.input_value()

    for text, place in WRONG_JSON:
        editor.fill(text)
        expect(tab.locator("#body-1-error")).to_contain_text(place)
    editor.fill('{"uid": "by-hand"}')
    expect(tab.locator("#body-1-error")).to_be_empty()
    tab.get_by_role("button", name="Send Test Data").first.click()
    expect(tab.get_by_role("region", name="Endpoint Test Result")).to_contain_text("200")
    tab.get_by_role("button", name="Reset").first.click()

    assert stand_in.received[-1].body == b'{"uid": "by-hand"}'
    expect(editor).to_have_value(before)


def test_a_credential_is_added_above_the_page_and_escape_closes_it(tab, draft, stand_in):
    stand_in.says(body=OWNER)
    tab.goto(reverse("wizard-authenticate", args=[draft.pk]))
    add = tab.get_by_role("link", name="Add Credential")
    add.click()
    dialog = tab.get_by_role("dialog", name="Add New Credential")
    expect(dialog).to_be_visible()
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(add).to_be_focused()

    add.click()
    dialog.get_by_label("Credential Name").fill("Main")
    dialog.get_by_label("Connect to").select_option("sandbox")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("Paste the API key")
    expect(dialog.get_by_label("API Key", exact=True)).to_be_focused()
    dialog.get_by_label("API Key", exact=True).fill("na1.ANOTHERSECRET/ORG2")
    dialog.get_by_role("button", name="Save").click()

    expect(tab.get_by_role("radio", name="Main")).to_be_checked()
    expect(dialog).to_be_hidden()
    assert Credential.objects.get(name="Main").is_verified


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_step_is_accessible_and_nothing_is_cut(tab, nexset, draft, width, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 900})
    steps = [reverse(f"wizard-{step}", args=[draft.pk]) for step in STEPS]
    for url in (reverse("send", args=[nexset.pk]), reverse("credentials"), *steps):
        tab.goto(url)

        assert serious(tab, colours_only=scheme == "dark") == []
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


STEPS = ("select", "authenticate", "configure")
