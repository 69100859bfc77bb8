"""The Advanced tab: every field of it, as it comes out of the renderer and is sent."""

import json

import pytest
from django.urls import reverse

from fsdest.models import Destination
from fsdest.records import blocks

HTMX = {"HX-Request": "true"}
RECORDS = [
    {"uid": "a", "team": "x", "secret": {"pin": 1, "hint": "h"}},
    {"uid": "b", "team": "x", "secret": {"pin": 2, "hint": "h"}},
    {"uid": "c d", "team": "y", "secret": {"pin": 3, "hint": "h"}},
]


@pytest.fixture
def draft(nexset_of, credential) -> Destination:
    nexset = nexset_of(RECORDS)
    return Destination.objects.create(
        organization=nexset.organization,
        nexset=nexset,
        credential=credential,
        connector="fullstory",
        name="By hand",
        draft={"mode": "advanced"},
    )


@pytest.fixture
def at(draft):
    return lambda step: reverse(f"wizard-{step}", args=[draft.pk])


@pytest.fixture
def send(as_ann, at, stand_in):
    """send(url="/v2/users", ...) tests with these settings; returns what the server received."""

    def send(path: str = "/v2/users", **settings: str):
        as_ann.post(at("test"), typed(stand_in.url + path, **settings), headers=HTMX)
        return stand_in.received[-1]

    return send


def typed(url: str, **settings: str) -> dict[str, str]:
    form = {"name": "By hand", "slot": "manual", "method": "POST", "format": "json", "url": url}
    return form | {name.replace("__", "."): value for name, value in settings.items()}


def test_the_tab_begins_with_the_call_of_the_template(as_ann, at, draft, stand_in):
    draft.draft = {"endpoint": "delete-user"}
    draft.save()
    tab = {"slot": "delete-user", "mode": "advanced"}

    content = as_ann.post(at("settings"), tab, headers=HTMX).content.decode()

    assert f'value="{stand_in.url}/v2/users?uid={{record.uid}}"' in content
    assert "<option selected>DELETE</option>" in content


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_each_method_sends_the_record_itself(send, method):
    received = send(method=method)

    assert (received.method, received.path) == (method, "/v2/users")
    assert received.body == blocks.encode(RECORDS[0])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_method_without_a_body_sends_none(send, method):
    received = send("/operations/v1", method=method, confirm="/operations/v1")

    assert (received.method, received.body) == (method, b"")


def test_macros_in_the_url_are_filled_and_encoded(as_ann, at, stand_in, send):
    as_ann.post(at("records"), {"search_path": "uid", "search_value": "c d"})

    assert send("/v2/users/{record.uid}").path == "/v2/users/c%20d"


def test_headers_go_along_and_authorization_is_refused(as_ann, at, stand_in, send):
    received = send(headers='X-One:a:b,X-Two:"c, d"')
    refused = typed(stand_in.url + "/v2/users", headers="Authorization:Basic abc")
    response = as_ann.post(at("configure"), refused)

    assert (received.headers["X-One"], received.headers["X-Two"]) == ("a:b", "c, d")
    assert response.status_code == 422
    assert "Authorization cannot be set here" in response.content.decode()
    assert 'value="Authorization:Basic abc"' in response.content.decode()


def test_an_excluded_nested_attribute_leaves_the_body(send):
    body = json.loads(send(exclude="secret.pin").body)

    assert body == {"uid": "a", "team": "x", "secret": {"hint": "h"}}


@pytest.mark.parametrize(
    ("content_format", "content_type", "body"),
    [
        ("xml", "application/xml", b"<uid>a</uid>"),
        ("form", "application/x-www-form-urlencoded", b"uid=a&team=x"),
    ],
)
def test_other_formats_are_sent_as_such(send, content_format, content_type, body):
    received = send(format=content_format)

    assert received.headers["Content-Type"] == content_type
    assert body in received.body


BATCHED = {"batched": "on", "batch__records": "100", "exclude": "secret"}
ITEMS = [{"uid": each["uid"], "team": each["team"]} for each in RECORDS]


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({"batch__algorithm": "array"}, ITEMS),
        ({"batch__algorithm": "object", "batch__name": "items"}, {"items": ITEMS}),
        (
            {
                "batch__algorithm": "object_constant",
                "batch__name": "items",
                "batch__attribute": "kind",
                "batch__value": '{"type":"Account"}',
            },
            {"items": [{**each, "kind": {"type": "Account"}} for each in ITEMS]},
        ),
        ({"batch__algorithm": "by_value", "batch__attribute": "team"}, ITEMS[:2]),
        (
            {"batch__algorithm": "template", "batch__template": '{"n":1,"all":{messages}}'},
            {"n": 1, "all": ITEMS},
        ),
        ({"batch__algorithm": "array", "batch__records": "2"}, ITEMS[:2]),
    ],
)
def test_each_grouping_algorithm_makes_its_body(send, changes, body):
    assert json.loads(send("/v2/other", **(BATCHED | changes)).body) == body


def test_requests_is_suggested_where_fullstory_wants_it(send):
    received = send("/v2/users/batch", **BATCHED)

    assert json.loads(received.body) == {"requests": ITEMS}


def test_an_algorithm_asks_for_its_own_settings(as_ann, at, stand_in):
    chosen = typed(stand_in.url, **BATCHED, batch__algorithm="by_value", boxes="batched")

    content = as_ann.post(at("settings"), chosen, headers=HTMX).content.decode()

    assert "Attribute to group by" in content
    assert "The attribute to group by is needed." in content


def test_unticking_the_box_ends_batching(as_ann, at, stand_in):
    as_ann.post(at("settings"), typed(stand_in.url, boxes="batched", **BATCHED), headers=HTMX)
    off = as_ann.post(at("settings"), typed(stand_in.url, boxes="batched"), headers=HTMX)

    assert "Batch Size" not in off.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": "PUT"}, "FullStory has no PUT"),
        ({"format": "xml"}, "FullStory takes JSON only."),
        ({"url": "https://example.com/hook"}, "only goes to"),
        ({}, "FullStory does not know secret, team beside properties"),
        ({"path": "/v2/users/batch"}, "batch the records together."),
        (
            {"path": "/v2/users/batch", "batched": "on", "batch__algorithm": "array"},
            "in an attribute called &quot;requests&quot;",
        ),
        ({"batched": "on"}, "one record a call"),
        ({"path": "/v2/events"}, "FullStory looks for name in each record"),
    ],
)
def test_checks_say_what_fullstory_would_refuse(as_ann, at, stand_in, changes, sentence):
    path = changes.get("path", "/v2/users")
    own = {name: text for name, text in changes.items() if name != "path"}
    form = typed(**{"url": stand_in.url + path, **own})

    assert sentence in as_ann.post(at("preview"), form, headers=HTMX).content.decode()


def test_a_wrong_url_is_told_and_nothing_is_sent(as_ann, at, stand_in):
    response = as_ann.post(at("test"), typed("ftp://example.com"), headers=HTMX)
    preview = as_ann.post(at("preview"), typed("ftp://example.com"), headers=HTMX)

    assert response.status_code == 422
    assert "must begin with https://" in preview.content.decode()
    assert "Correct the marked settings" in preview.content.decode()
    assert stand_in.received == []


def test_done_saves_it_and_editing_shows_it_again(as_ann, at, draft, stand_in):
    url = stand_in.url + "/v2/users/batch"
    form = typed(
        url, **BATCHED, headers="X-One:1", batch__algorithm="object", batch__name="requests"
    )

    as_ann.post(at("configure"), form | {"echo": "on"})

    draft.refresh_from_db()
    assert draft.is_paused
    configuration = draft.version.read()
    assert configuration.endpoint.follow == "users"
    assert configuration.echo
    again = as_ann.get(at("configure")).content.decode()
    assert f'value="{url}"' in again
    assert 'value="X-One:1"' in again
    assert "Remove secret" in again
    as_ann.post(at("configure"), form | {"echo": "on"})
    draft.refresh_from_db()
    assert draft.version.number == 1
