"""The wizard without a mouse, for ears as well as eyes, and on a phone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser import wizard
from tests.running import until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]

RECORDS = [
    {"uid": f"k-{n}", "name": f"Walked {n}", "city": f"City {n}", "plan": {"seats": n}}
    for n in range(3)
]
MOST_STOPS = 200  # presses of Tab to get anywhere on a page
PHONE = {"width": 390, "height": 844}
# What a person reads or presses and that reaches beyond the window, outside frames that scroll.
CUT = """
() => [...document.querySelectorAll("h1, h2, h3, p, label, input, select, textarea, button, a, dt")]
  .filter((each) => each.checkVisibility({visibilityProperty: true}))
  .filter((each) => !each.closest("pre, .visually-hidden, .table-scroll, .ellipsis, .skip"))
  .filter((each) => !each.classList.contains("visually-hidden"))
  .filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width && (box.left < -0.5 || box.right > innerWidth + 0.5);
  })
  .map((each) => `${each.tagName} ${each.textContent.trim().slice(0, 40)}`)
"""


@pytest.fixture(scope="module")
def nexset(load: Callable[[str, list[dict]], str]) -> str:
    return load("Three", RECORDS)


def go_to(page: Page, there: Locator, key: str = "Tab") -> None:
    """Press Tab, or Shift+Tab, until `there` has the focus."""
    there.wait_for(state="attached")
    for _ in range(MOST_STOPS):
        if there.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never came to {there}")


def press(page: Page, there: Locator, key: str = "Enter", *, by: str = "Tab") -> None:
    go_to(page, there, by)
    page.keyboard.press(key)


def is_accessible(page: Page) -> None:
    """Nothing that axe objects to, however small."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found] == []


def current_step(page: Page) -> str:
    steps = page.get_by_role("list", name="Steps")
    return steps.locator("[aria-current=step]").inner_text()


def test_the_keyboard_alone_does_the_whole_wizard(person, stack, nexset, sandbox):
    page = person
    page.goto(f"{stack.url}/nexsets/")
    press(page, page.get_by_role("link", name=nexset, exact=True).first)
    press(page, page.get_by_role("button", name="Send to Destination").first)
    page.wait_for_url("**/select/")
    assert current_step(page) == "Select"

    press(page, page.get_by_role("button", name="FullStory").first)
    page.wait_for_url("**/authenticate/")
    assert current_step(page) == "Authenticate"
    choices = page.get_by_role("radiogroup", name="Credential")
    press(page, choices.get_by_role("radio", name="FullStory sandbox"), "Space")
    press(page, page.get_by_role("button", name="Next"), by="Shift+Tab")
    page.wait_for_url("**/configure/")
    assert current_step(page) == "Configure"

    go_to(page, page.get_by_role("combobox", name="Endpoint", exact=True))
    for _ in range(3):
        page.keyboard.press("ArrowDown")
        wizard.redrawn(page)
        expect(page.get_by_role("combobox", name="Endpoint", exact=True)).to_be_focused()
    expect(page.get_by_text("What Create Event does")).to_be_visible()

    line = page.get_by_role("group", name="Name", exact=False).filter(has_text="name").first
    go_to(page, line.get_by_role("combobox", name="Name comes from"))
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.type("In {cit")
    expect(page.get_by_role("listbox", name="Macros").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    field = line.get_by_role("textbox", name="Name: value")
    expect(field).to_be_focused()
    expect(field).to_have_value("In {record.city}")
    wizard.redrawn(page)
    expect(page.get_by_role("region", name="Body of sample 1")).to_contain_text('"In City 0"')

    press(page, page.get_by_role("button", name="Test", exact=True), by="Shift+Tab")
    expect(wizard.status(page)).to_have_text("200")
    expect(wizard.result(page)).to_have_attribute("aria-live", "polite")
    press(page, page.get_by_role("checkbox", name="Test", exact=True), "Space")
    press(page, page.get_by_role("button", name="Send Test Data").first)
    until(lambda: sandbox("events")["count"] == 2, what="the second test")

    press(page, page.get_by_role("button", name="Done"), by="Shift+Tab")
    page.wait_for_url("**/flows/*/")
    press(page, page.get_by_label("Menu of destination").last)
    press(page, page.get_by_role("button", name="Activate").last)
    names = {"In City 0", "In City 1", "In City 2"}
    until(
        lambda: {each["name"] for each in sandbox("events")["events"]} == names,
        what="the delivery",
    )


def test_each_step_is_accessible(person, stack, nexset, sandbox):
    page = person
    wizard.authenticate(page, stack, nexset)
    is_accessible(page)
    page.get_by_role("link", name="Select").click()
    page.wait_for_url("**/select/")
    is_accessible(page)
    page.go_back()
    page.get_by_role("link", name="Add Credential").click()
    expect(page.get_by_role("dialog", name="Add New Credential")).to_be_visible()
    is_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_text("FullStory sandbox").last.click()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/configure/")
    wizard.choose_endpoint(page, "Create Event")
    page.get_by_label("Name comes from", exact=True).select_option("constant")
    wizard.redrawn(page)
    expect(page.locator("#mapping-name-error")).not_to_be_empty()
    is_accessible(page)
    wizard.choose_endpoint(page, "Batch Create Users")
    page.get_by_text("More", exact=True).click()
    page.get_by_text("Types of properties", exact=True).click()
    wizard.press_test(page)
    is_accessible(page)
    wizard.open_advanced(page)
    page.get_by_label("Exclude Attributes").select_option("plan.seats")
    wizard.redrawn(page)
    is_accessible(page)


def test_on_a_phone_the_panel_is_below_the_form_and_nothing_is_cut(person, stack, nexset, sandbox):
    page = person
    page.set_viewport_size(PHONE)
    wizard.authenticate(page, stack, nexset)
    fits(page)
    page.get_by_role("link", name="Select").click()
    page.wait_for_url("**/select/")
    fits(page)
    page.go_back()
    page.get_by_text("FullStory sandbox").last.click()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/configure/")
    for endpoint in ("Create or Update User", "Create Event", "Update Webhook Endpoint"):
        wizard.choose_endpoint(page, endpoint)
        wizard.redrawn(page)
        fits(page)
    wizard.choose_endpoint(page, "Batch Create Users")
    page.get_by_text("More", exact=True).click()
    page.get_by_text("Types of properties", exact=True).click()
    wizard.press_test(page)
    fits(page)
    wizard.open_advanced(page)
    page.get_by_label("Exclude Attributes").select_option("plan.seats")
    wizard.redrawn(page)
    fits(page)

    form = page.locator("#configure").bounding_box()
    panel = page.get_by_role("region", name="Sample Payload").bounding_box()
    assert form is not None
    assert panel is not None
    assert panel["y"] >= form["y"] + form["height"]
    assert panel["width"] == pytest.approx(form["width"], abs=2)


def fits(page: Page) -> None:
    """Nothing reaches beyond the window, which does not scroll sideways."""
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
