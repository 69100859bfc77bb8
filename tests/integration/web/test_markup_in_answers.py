"""Markup in what was typed, and in what FullStory replies, is text in every answer to a form.

Answered as htmx asks, in a part that is swapped into a page, and as a form without script does.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from fsdest.models import Burst
from fsdest.web.haste import TESTS
from tests.integration.conftest import Answer
from tests.integration.web import test_stored_markup_in_browser as pages
from tests.integration.web.hostile import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

nexset, hostile_world, troubles, tab = (
    pages.nexset,
    pages.hostile_world,
    pages.troubles,
    pages.tab,
)
ALL = " ".join(HOSTILE)
TEMPLATE = {
    "mode": "template",
    "slot": "create-or-update-user",
    "endpoint": "create-or-update-user",
    "name": HOSTILE[0],
    "mapping.uid.source": "attribute",
    "mapping.uid.attribute": "uid",
    "mapping.display_name.source": "text",
    "mapping.display_name.text": ALL,
}
JSON_TEXT = tuple(bad for bad in HOSTILE if json.dumps(bad)[1:-1] == bad)  # without a quote
FROM_RECORDS = TEMPLATE | {
    "mapping.display_name.source": "attribute",
    "mapping.display_name.attribute": "name",
}
BY_HAND = {
    "slot": "manual",
    "mode": "advanced",
    "name": HOSTILE[1],
    "url": HOSTILE[17],
    "headers": "\n".join(f"X-{n}: {bad}" for n, bad in enumerate(HOSTILE)),
}
WEBHOOK = {"slot": "update-webhook-endpoint", "endpoint": "update-webhook-endpoint", "lookup": "id"}
KEY = {"name": HOSTILE[7], "description": HOSTILE[8], "target": "sandbox", "api_key": HOSTILE[1]}

# Pages that have what an answer puts beside its target.
DRAWN_ON = dict.fromkeys(
    (f"wizard-{step}" for step in ("preview", "settings", "configure", "records", "test")),
    "wizard-configure",
) | {"wizard-lookup": "wizard-configure", "wizard-credential": "wizard-authenticate"}

# Swaps the answer into the page as htmx does; says how that ended.
SWAP = """([where, values]) => new Promise((done) => {
    document.addEventListener("htmx:afterRequest", ({detail}) => {
        setTimeout(() => done(detail.xhr.status), 50);
    }, {once: true});
    setTimeout(() => done("no answer"), 10000);
    htmx.ajax("POST", where, {target: "#content", swap: "innerHTML", values});
})"""
# Sends a form without script: what comes is a page of its own.
SUBMIT = """([where, values, token]) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = where;
    for (const [name, value] of Object.entries({...values, csrfmiddlewaretoken: token})) {
        const field = document.createElement("textarea");
        field.name = name;
        field.value = value;
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""


@dataclass(frozen=True)
class Case:
    """A form that is sent: to which address, with what, and what its answer has to show."""

    name: str
    typed: dict[str, str]
    shows: tuple[str, ...] = ()
    kwargs: dict[str, object] = field(default_factory=dict)


CASES = [
    Case("wizard-preview", FROM_RECORDS, HOSTILE[:3]),
    Case("wizard-preview", TEMPLATE),
    Case("wizard-settings", TEMPLATE, HOSTILE),
    Case("wizard-settings", BY_HAND, HOSTILE),
    Case("wizard-preview", BY_HAND),
    Case("wizard-configure", BY_HAND, HOSTILE),
    Case("wizard-records", {**TEMPLATE, "search_path": HOSTILE[3], "search_value": HOSTILE[5]}),
    Case("wizard-test", FROM_RECORDS, JSON_TEXT),
    Case("wizard-test", {**FROM_RECORDS, "sample": "1", "body": ALL}, HOSTILE),
    Case("wizard-lookup", WEBHOOK),
    Case("wizard-select", {"connector": HOSTILE[0]}),
    Case("wizard-authenticate", {"credential": HOSTILE[0]}),
    Case("wizard-credential", KEY, (HOSTILE[7], HOSTILE[8])),
    Case("credential-new", KEY, (HOSTILE[7], HOSTILE[8])),
    Case("credential-test", {}),
    Case("credential-key", {"api_key": HOSTILE[9]}),
    Case("destination-record-edit", {"record": ALL}, HOSTILE, {"offset": 3}),
    Case("destination-record-edit", {"record": f'{{"uid": {ALL}'}, HOSTILE, {"offset": 4}),
    Case("invite", {"note": HOSTILE[11], "role": HOSTILE[0]}, (HOSTILE[11],)),
    Case("account", {"old_password": HOSTILE[0], "new_password1": "x", "new_password2": "y"}),
]


@pytest.fixture
def fullstory(stand_in) -> None:
    """FullStory, whose every word is hostile."""
    listed = [{"id": bad, "url": bad, "eventName": bad, "displayName": bad} for bad in HOSTILE]
    body = {"role": "USER", "email": HOSTILE[5], "orgId": HOSTILE[0], "message": ALL, "code": ALL}
    body |= {"endpoints": listed, "eventDefs": listed}
    on_the_wire = [bad.encode().decode("latin-1") for bad in HOSTILE]
    stand_in.answers = [
        Answer(
            status=200,
            body=json.dumps(body).encode(),
            headers=tuple((f"X-Hostile-{n}", bad) for n, bad in enumerate(on_the_wire)),
        )
    ]


@pytest.fixture
def judge(tab: Page, troubles: list[str]) -> Callable[[Case, str], None]:
    """`judge(case, how)`: note what came to life, and what is not shown."""

    def look(case: Case, how: str) -> None:
        where = f"{case.name}, {how}"
        troubles.extend(f"{where}: {each}" for each in tab.evaluate(pages.CAME_TO_LIFE))
        troubles.extend([f"{where} ran it"] if tab.evaluate("'__xss' in window") else [])
        text = pages.plain(tab.evaluate(pages.TEXT))
        missing = [bad for bad in case.shows if pages.plain(bad) not in text]
        troubles.extend([f"{where} does not show {missing}"] if missing else [])

    return look


def address(case: Case, world: dict[str, object]) -> str:
    of_draft = {"destination": world["draft"]} if case.name.startswith("wizard-") else {}
    known = {**world, **of_draft, **case.kwargs}
    wanted = pages.OURS[case.name].pattern.converters
    return reverse(case.name, kwargs={each: known[each] for each in wanted})


@pytest.mark.surface("S12")
@pytest.mark.parametrize("how", ["swapped", "submitted"])
def test_what_is_answered_to_a_form_is_text(
    tab: Page, page: Client, hostile_world, fullstory, troubles, judge, how
):
    tab.goto(reverse("account"))
    token = tab.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    for case in CASES:
        tab.goto(address(Case(DRAWN_ON.get(case.name, "account"), {}), hostile_world) + "?add")
        where = address(case, hostile_world)
        if how == "swapped":
            status = tab.evaluate(SWAP, [where, case.typed])
            assert status in {200, 422}, f"{case.name}: {status}"
        else:
            with tab.expect_navigation():
                tab.evaluate(SUBMIT, [where, case.typed, token])
        judge(case, how)

    assert troubles == []


@pytest.mark.surface("S12")
def test_what_is_kept_of_who_is_too_fast_is_text(
    tab: Page, ann: User, hostile_world, troubles, judge
):
    Burst.objects.create(
        who=f"person {ann.pk}", what=TESTS.what, began_at=timezone.now(), times=TESTS.most
    )
    tab.goto(reverse("account"))
    token = tab.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    typed = {**TEMPLATE, **{bad: bad for bad in HOSTILE}}
    with tab.expect_navigation():
        tab.evaluate(SUBMIT, [reverse("credential-new"), typed, token])

    judge(Case("credential-new", typed, HOSTILE), "too fast")
    assert tab.locator("#refused").is_visible()
    assert troubles == []


@pytest.mark.surface("S12")
@pytest.mark.parametrize("name", ["destination-import", "upload"])
def test_what_a_file_says_is_text_where_it_is_refused(
    tab: Page, hostile_world, troubles, judge, name
):
    for bad in (*HOSTILE[:3], HOSTILE[5], HOSTILE[19]):
        tab.goto(reverse(name))
        text = f"fsdest: {bad}\n{bad}: 1\n" if name == "destination-import" else ""
        file = {"name": f"{bad}.yaml", "mimeType": "text/plain", "buffer": text.encode()}
        tab.set_input_files("input[type=file]", file)
        tab.locator("#content form .primary").click()
        tab.wait_for_function("document.querySelector('.error:not([hidden])')?.textContent")
        judge(Case(name, {}), bad)

    assert troubles == []
