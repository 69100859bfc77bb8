"""A request described by hand, field by field: what the panel shows is what arrives."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import wizard
from tests.running import Stack, until

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(60, func_only=True)]

RECORDS = [
    {
        "id": f"m-{n}/ü",
        "team": "north" if n < 2 else "south",
        "spent": 0.1 + n,
        "note": 'Says "<hello> & {record.team}"',
        "plan": {"tier": f"tier {n}", "secret": "canary-17", "terms": [1, None, True]},
    }
    for n in range(5)
]
METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET")
IN = "/in/{record.id}?tier={record.plan.tier}"
WHOLE = "/in"


@pytest.fixture(scope="module")
def three(load: Callable[[str, list[dict]], str]) -> str:
    """A nexset whose every record is shown when each travels alone."""
    return load("Three", RECORDS[:3])


@pytest.fixture(scope="module")
def five(load: Callable[[str, list[dict]], str]) -> str:
    """A nexset for batches."""
    return load("Five", RECORDS)


@pytest.fixture
def advanced(person: Page, stack: Stack, fault: Callable[..., None]) -> Callable[[str, str], Page]:
    """advanced(nexset, path): the tab Advanced for a call of `path`, which takes anything."""

    def advanced(nexset: str, path: str) -> Page:
        fault(kind="status", status=200, body={"done": True}, route="* /in*")
        wizard.configure(person, stack, nexset)
        wizard.open_advanced(person)
        person.get_by_label("URL").fill(stack.sandbox_url + path)
        return person

    return advanced


def batch(page: Page, algorithm: str, size: int = 2) -> None:
    """Have records travel together, `size` at a time."""
    page.get_by_label("Would you like to batch your records together?").check()
    wizard.redrawn(page)
    page.get_by_label("Grouping Algorithm").select_option(label=algorithm)
    wizard.redrawn(page)
    page.get_by_label("Batch Size").fill(str(size))


def exclude(page: Page, *paths: str) -> None:
    """Choose attributes to leave out; each becomes a chip."""
    chips = page.get_by_role("list", name="Excluded attributes")
    for path in paths:
        page.get_by_label("Exclude Attributes").select_option(path)
        wizard.redrawn(page)
        expect(chips.get_by_role("button", name=f"Remove {path}")).to_be_visible()


def bodies(calls: list[dict]) -> list[str]:
    return [each["body"] for each in calls]


def test_url_macros_headers_and_excluded_attributes(advanced, three, calls):
    page = advanced(three, IN)
    page.get_by_label("Request Headers").fill('X-Note:"a, b: c",X-Time:12:30')
    exclude(page, "team", "plan.secret", "note")
    page.get_by_role("button", name="Remove note").click()
    expect(page.get_by_role("button", name="Remove note")).to_have_count(0)

    promised = wizard.shown(page)
    wizard.send_test_data(page)
    expect(wizard.status(page)).to_have_text("200")
    assert wizard.received(calls()) == promised[:1]
    arrived = wizard.deliver(page, calls)

    assert {f"{each['path']}?{each['query']}" for each in arrived} == {
        f"/in/m-{n}%2F%C3%BC?tier=tier%20{n}" for n in range(3)
    }
    for each in arrived:
        assert each["headers"]["x-note"] == "a, b: c"
        assert each["headers"]["x-time"] == "12:30"
        assert "canary-17" not in each["body"]
        assert json.loads(each["body"]).keys() == {"id", "spent", "note", "plan"}


def test_each_method(advanced, three, sandbox):
    page = advanced(three, IN)
    requests = lambda: [  # noqa: E731
        each for each in sandbox("ledger")["requests"] if each["path"].startswith("/in/")
    ]
    for number, method in enumerate(METHODS, 1):
        page.get_by_label("Method", exact=True).select_option(method)
        wizard.redrawn(page)
        promised = wizard.shown(page)
        if method == "DELETE":  # whatever its URL, it cannot be undone
            page.get_by_label("To test, type").fill(
                page.locator("label[for=confirm] code").inner_text()
            )
        wizard.send_test_data(page)
        until(lambda n=number: len(requests()) == n, what=f"the test with {method}")
        expect(wizard.result(page).locator(".request-line")).to_contain_text(method)
        assert wizard.received(requests()[-1:]) == promised[:1]

    assert [each["method"] for each in requests()] == list(METHODS)
    assert [each["bytes"] > 0 for each in requests()] == [True, True, True, False, False]


@pytest.mark.parametrize("gap_ms", [0, 20])
def test_of_two_quick_choices_the_second_stands(advanced, three, gap_ms):
    page = advanced(three, IN)
    page.locator("#method").evaluate(
        """async (select, gap) => {
            for (const method of ["PUT", "DELETE"]) {
                select = document.getElementById("method");
                select.value = method;
                select.dispatchEvent(new Event("input", { bubbles: true }));
                if (method === "PUT") await new Promise((done) => setTimeout(done, gap));
            }
        }""",
        gap_ms,
    )

    promised = wizard.shown(page)

    expect(page.get_by_label("Method", exact=True)).to_have_value("DELETE")
    expect(page.get_by_label("To test, type")).to_be_visible()  # as for nothing but deletions
    assert {method for method, _, _ in promised} == {"DELETE"}


@pytest.mark.parametrize("gap_ms", [0, 20, 60])
def test_of_quick_picks_of_excluded_attributes_none_is_lost(advanced, three, gap_ms):
    page = advanced(three, IN)
    chips = page.get_by_role("list", name="Excluded attributes").get_by_role("listitem")
    paths = ["team", "note", "plan.secret", "spent"]

    page.evaluate(
        """async ([paths, gap]) => {
            for (const path of paths) {
                const select = document.getElementById("exclude-add");
                select.value = path;
                select.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise((done) => setTimeout(done, gap));
            }
        }""",
        [paths, gap_ms],
    )
    wizard.redrawn(page)
    expect(chips).to_have_text(paths)

    page.evaluate(
        """async ([paths, gap]) => {
            for (const path of paths) {
                document.querySelector(`button[name=drop][value="${path}"]`).click();
                await new Promise((done) => setTimeout(done, gap));
            }
        }""",
        [paths[:3], gap_ms],
    )
    wizard.redrawn(page)
    expect(chips).to_have_text(paths[3:])


@pytest.mark.parametrize(
    ("label", "content_type", "start"),
    [
        ("JSON", "application/json", '{"id":"m-0/ü",'),
        ("XML", "application/xml", '<?xml version="1.0" encoding="UTF-8"?>\n<record><id>m-0/ü</'),
        ("Form (URL-encoded)", "application/x-www-form-urlencoded", "id=m-0%2F%C3%BC&team=north"),
    ],
)
def test_each_content_format(advanced, three, calls, label, content_type, start):
    page = advanced(three, WHOLE)
    page.get_by_label("Method", exact=True).select_option("PUT")
    wizard.redrawn(page)
    page.get_by_label("Content Format").select_option(label=label)

    arrived = wizard.deliver(page, calls)

    assert {each["method"] for each in arrived} == {"PUT"}
    assert {each["headers"]["content-type"] for each in arrived} == {content_type}
    assert [each for each in bodies(arrived) if each.startswith(start)] != []


def test_json_array_of_records(advanced, five, calls):
    page = advanced(five, WHOLE)
    batch(page, "JSON array of records")

    arrived = wizard.deliver(page, calls)

    assert sorted(map(json.loads, bodies(arrived)), key=str) == [
        RECORDS[0:2],
        RECORDS[2:4],
        RECORDS[4:],
    ]


def test_object_with_the_records_in_an_attribute(advanced, five, calls):
    page = advanced(five, WHOLE)
    batch(page, "Object with the records in an attribute", size=4)
    page.get_by_label("Attribute that holds the records").fill("rows")

    arrived = wizard.deliver(page, calls)

    assert sorted(map(json.loads, bodies(arrived)), key=str) == [
        {"rows": RECORDS[0:4]},
        {"rows": RECORDS[4:]},
    ]


def test_object_with_a_constant_added_to_each_record(advanced, five, calls):
    page = advanced(five, WHOLE)
    batch(page, "Object with the records, each with a constant attribute added", size=3)
    page.get_by_label("Attribute that holds the records").fill("rows")
    page.get_by_label("Attribute to add").fill("origin")
    page.get_by_label("Its value").fill('{"from": "fsdest"}')

    arrived = wizard.deliver(page, calls)

    sent = [record for body in bodies(arrived) for record in json.loads(body)["rows"]]
    assert sorted(sent, key=str) == [{**record, "origin": {"from": "fsdest"}} for record in RECORDS]


def test_one_call_per_value_of_an_attribute(advanced, five, calls):
    page = advanced(five, WHOLE)
    batch(page, "One call per value of an attribute", size=10)
    page.get_by_label("Attribute to group by").select_option("team")

    arrived = wizard.deliver(page, calls)

    assert sorted(map(json.loads, bodies(arrived)), key=str) == [RECORDS[:2], RECORDS[2:]]


def test_a_batch_for_fullstory_is_suggested_the_name_it_wants(advanced, five, calls, sandbox):
    page = advanced(five, "/v2/users/batch")
    page.get_by_label("Would you like to batch your records together?").check()
    wizard.redrawn(page)
    expect(page.get_by_label("Attribute that holds the records")).to_have_value("requests")

    arrived = wizard.deliver(page, calls)

    assert [json.loads(body) for body in bodies(arrived)] == [{"requests": RECORDS}]


def test_custom_json_template(advanced, five, calls):
    page = advanced(five, WHOLE)
    batch(page, "Custom JSON template", size=5)
    page.get_by_label("Template", exact=True).and_(page.locator("textarea")).fill(
        '{"source":"fsdest","rows":{messages},"more":{"is_last":false}}'
    )

    arrived = wizard.deliver(page, calls)

    assert [json.loads(body) for body in bodies(arrived)] == [
        {"source": "fsdest", "rows": RECORDS, "more": {"is_last": False}}
    ]


def test_a_batch_as_xml_is_limited_by_bytes_as_well(advanced, five, calls):
    page = advanced(five, WHOLE)
    page.get_by_label("Content Format").select_option(label="XML")
    batch(page, "Object with the records in an attribute", size=100)
    page.get_by_label("Attribute that holds the records").fill("people")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Largest call, in bytes").fill("700")

    arrived = wizard.deliver(page, calls)

    assert len(arrived) > 1
    assert all(each["bytes"] <= 700 for each in arrived)
    assert "".join(bodies(arrived)).count("<id>") == 5
    assert all("<people><record>" in body for body in bodies(arrived))


def test_the_replies_feed_a_nexset_of_their_own(advanced, three, calls, stack):
    page = advanced(three, WHOLE)
    page.get_by_label("Destination Name").fill("Echoing")
    page.get_by_label("Would you like to process the API response").check()

    wizard.deliver(page, calls)

    def are_there() -> bool:
        page.goto(f"{stack.url}/nexsets/")
        row = page.get_by_role("row").filter(has_text="Replies to Echoing")
        return "3" in (row.first.text_content() or "")

    until(are_there, what="a record for each reply")
    page.get_by_role("link", name="Replies to Echoing").first.click()
    expect(page.get_by_text("/in").first).to_be_visible()
    expect(page.get_by_text("done").first).to_be_visible()


def test_a_header_that_carries_a_key_is_refused_with_the_reason(advanced, three, calls):
    page = advanced(three, WHOLE)
    typed = "X-Plain:1,Authorization:Basic abc"
    field = page.get_by_label("Request Headers")
    field.fill(typed)

    sentence = page.locator("#headers-error")
    expect(sentence).to_have_text("Authorization cannot be set here: it comes from the credential.")
    page.get_by_role("button", name="Done").click()
    expect(sentence).to_have_text("Authorization cannot be set here: it comes from the credential.")
    expect(field).to_have_value(typed)
    expect(page).to_have_url(page.url)
    assert calls() == []
