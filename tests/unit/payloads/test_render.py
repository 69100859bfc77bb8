"""The requests themselves, byte for byte: each template, format and grouping algorithm."""

import orjson
import pytest

from fsdest.exchange import Request
from fsdest.payloads import group, render
from fsdest.payloads.build import Renderer
from fsdest.payloads.configuration import Batch

JSON = (("Content-Type", "application/json"),)


@pytest.fixture
def requests():
    """All requests of a configuration for some records."""

    def requests(configuration, *records, **options):
        build = Renderer(configuration).build
        payloads = [build(n, orjson.dumps(record)) for n, record in enumerate(records)]
        options = {"base_url": "https://api.fullstory.com"} | options
        runs = group.calls(configuration, payloads)
        return [render.request(configuration, run, **options) for run in runs]

    return requests


def test_a_single_call_carries_its_item(template, requests):
    configuration = template("create-or-update-user", ["uid"])

    assert requests(configuration, {"uid": "ann"}) == [
        Request(
            method="POST",
            url="https://api.fullstory.com/v2/users",
            headers=JSON,
            body=b'{"uid":"ann"}',
        )
    ]


def test_a_slash_at_the_end_of_the_base_is_not_doubled(template, requests):
    configuration = template("create-or-update-user", ["uid"])
    (request,) = requests(configuration, {"uid": "a"}, base_url="http://127.0.0.1:8010/")

    assert request.url == "http://127.0.0.1:8010/v2/users"


def test_a_batch_stands_in_requests(template, requests):
    configuration = template("batch-create-users", ["uid"])
    (request,) = requests(configuration, {"uid": "a"}, {"uid": "b", "plan": 1})

    assert request.body == b'{"requests":[{"uid":"a"},{"uid":"b","properties":{"plan":1}}]}'


def test_a_deletion_has_no_body_and_no_content_type(template, requests):
    (request,) = requests(template("delete-user", ["uid"]), {"uid": "a b"})

    assert request == Request(
        method="DELETE", url="https://api.fullstory.com/v2/users?uid=a%20b", headers=(), body=b""
    )


def test_the_idempotency_key_goes_only_where_it_is_taken(template, requests):
    user = template("create-or-update-user", ["uid"])
    (request,) = requests(user, {"uid": "a"}, idempotency_key="k")
    assert request.headers == (*JSON, ("Idempotency-Key", "k"))

    deletion = template("delete-user", ["uid"])
    (request,) = requests(deletion, {"uid": "a"}, idempotency_key="k")
    assert request.headers == ()


def test_own_headers_follow_and_an_own_content_type_wins(manual, requests):
    (request,) = requests(manual(headers=(("X-A", "1"),)), {})
    assert request.headers == (*JSON, ("X-A", "1"))

    own = (("content-type", "application/vnd.x+json"),)
    (request,) = requests(manual(headers=own), {})
    assert request.headers == own


@pytest.mark.parametrize(
    ("batch", "bodies"),
    [
        (Batch(records=2, algorithm="array"), [b'[{"a":1},{"a":1}]', b'[{"a":2}]']),
        (
            Batch(records=3, settings=(("name", 'it"ems'),)),
            [b'{"it\\"ems":[{"a":1},{"a":1},{"a":2}]}'],
        ),
        (
            Batch(
                records=3,
                algorithm="object_constant",
                settings=(("name", "x"), ("attribute", "t"), ("value", "Account")),
            ),
            [b'{"x":[{"a":1,"t":"Account"},{"a":1,"t":"Account"},{"a":2,"t":"Account"}]}'],
        ),
        (
            Batch(records=9, algorithm="by_value", settings=(("attribute", "a"),)),
            [b'[{"a":1},{"a":1}]', b'[{"a":2}]'],
        ),
        (
            Batch(records=9, algorithm="by_value", settings=(("attribute", "a"), ("name", "r"))),
            [b'{"r":[{"a":1},{"a":1}]}', b'{"r":[{"a":2}]}'],
        ),
        (
            Batch(
                records=9,
                algorithm="template",
                settings=(("template", '{"at": "{YYYY}", "rows": {messages}}'),),
            ),
            [b'{"at": "2026", "rows": [{"a":1},{"a":1},{"a":2}]}'],
        ),
    ],
)
def test_each_grouping_algorithm_makes_its_bodies(manual, requests, batch, bodies):
    made = requests(manual(batch=batch), {"a": 1}, {"a": 1}, {"a": 2})

    assert [request.body for request in made] == bodies


def test_a_macro_in_a_record_is_not_taken_for_the_records_of_a_template(manual, requests):
    settings = (("template", "{messages}"),)
    batch = Batch(records=9, algorithm="template", settings=settings)
    (request,) = requests(manual(batch=batch), {"a": "{messages}{now}"})

    assert request.body == b'[{"a":"{messages}{now}"}]'


def test_records_for_different_urls_do_not_travel_together(manual, requests):
    batch = Batch(records=9, algorithm="array")
    configuration = manual(url="https://a.test/{record.a}", batch=batch)
    made = requests(configuration, {"a": 1}, {"a": 2}, {"a": 2})

    assert [request.url for request in made] == ["https://a.test/1", "https://a.test/2"]


def test_xml_is_declared_and_named(manual, requests):
    (request,) = requests(manual(content_format="xml"), {"a": "<&>", "b": [1, None], "c": {}})

    assert request.headers == (("Content-Type", "application/xml"),)
    assert request.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<record><a>&lt;&amp;&gt;</a><b><item>1</item><item/></b><c></c></record>"
    )


def test_several_records_in_xml_have_one_root(manual, requests):
    batch = Batch(records=9, settings=(("name", "users"),))
    (request,) = requests(manual(content_format="xml", batch=batch), {"a": 1}, {"a": 2})

    assert request.body.endswith(
        b"<users><record><a>1</a></record><record><a>2</a></record></users>"
    )


def test_a_form_dots_nested_names_and_repeats_lists(manual, requests):
    record = {"a": {"b": "x y"}, "l": [1, {"c": 2}], "n": None, "t": True}
    (request,) = requests(manual(content_format="form"), record)

    assert request.headers == (("Content-Type", "application/x-www-form-urlencoded"),)
    assert request.body == b"a.b=x+y&l=1&l=%7B%22c%22%3A2%7D&n=&t=true"


def test_a_form_never_carries_more_than_one_record(manual, requests):
    configuration = manual(content_format="form", batch=Batch(records=9, algorithm="array"))
    made = requests(configuration, {"a": 1}, {"a": 2})

    assert [request.body for request in made] == [b"a=1", b"a=2"]


def test_a_call_by_hand_is_fully_its_url(manual, requests):
    (request,) = requests(manual("GET", "https://a.test/x?y={record.z}"), {"z": "&"})

    assert (request.method, request.url) == ("GET", "https://a.test/x?y=%26")
    assert request.body == b""
