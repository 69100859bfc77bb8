"""Sensible guesses, problems beside their fields, and JSON there and back."""

import json
from dataclasses import replace

import pytest

from fsdest.fullstory import catalogue
from fsdest.fullstory.endpoints import Endpoint, Field
from fsdest.payloads import configuration as configurations
from fsdest.payloads.configuration import Batch, Configuration, Value
from fsdest.payloads.problems import Problem
from fsdest.records.schema import Schema


def guessed(key, *paths):
    configuration = configurations.guess(catalogue.endpoint(key), paths)
    filled = configuration.mapping + configuration.parameters
    return {place: value.text for place, value in filled}


def attributes(*records):
    schema = Schema()
    for record in records:
        schema.learn(record)
    return schema.attributes


def fields(configuration, *records):
    return [p.field for p in configurations.problems(configuration, attributes(*records))]


@pytest.mark.parametrize(
    ("paths", "mapping"),
    [
        (["uid", "name", "email"], {"uid": "uid", "display_name": "name", "email": "email"}),
        (["id", "User ID", "Full Name"], {"uid": "User ID", "display_name": "Full Name"}),
        (["id", "E-mail"], {"uid": "id", "email": "E-mail"}),
        (["properties", "properties.plan", "uid"], {"uid": "uid", "properties": "properties"}),
        (["user.uid", "uid"], {"uid": "uid"}),
        (["name.first", "name", "uid"], {"uid": "uid"}),
        (["plan"], {}),
    ],
)
def test_the_fields_of_a_user_are_guessed_from_names(paths, mapping):
    assert guessed("create-or-update-user", *paths) == mapping


@pytest.mark.parametrize(
    ("paths", "mapping"),
    [
        (
            ["event", "user_id", "time"],
            {"name": "event", "user.uid": "user_id", "timestamp": "time"},
        ),
        (["name", "user", "user.uid"], {"name": "name", "user.uid": "user.uid"}),
        (["name", "uid", "user_id", "session_id"], {"name": "name", "user.uid": "uid"}),
    ],
)
def test_the_fields_of_an_event_are_guessed_with_one_form_of_identification(paths, mapping):
    assert guessed("create-event", *paths) == mapping


def test_parameters_are_guessed_too():
    assert guessed("delete-user", "email", "user_id") == {"uid": "user_id"}
    assert guessed("delete-webhook-endpoint", "endpoint_id") == {"id": "endpoint_id"}


def test_an_attribute_is_mapped_only_once():
    places = tuple(
        Field(path=path, label=path, guesses=("uid", "spare")) for path in ("first", "second")
    )
    endpoint = Endpoint(key="x", title="X", method="POST", path="/x", fields=places)

    mapping = dict(configurations.guess(endpoint, ["uid", "spare"]).mapping)

    assert mapping == {"first": Value("attribute", "uid"), "second": Value("attribute", "spare")}


def test_a_batch_endpoint_is_guessed_to_send_batches():
    configuration = configurations.guess(catalogue.endpoint("batch-create-users"), ["uid"])

    assert configuration.batch == Batch(records=50_000, settings=(("name", "requests"),))
    assert configurations.guess(catalogue.endpoint("create-event"), ["name"]).batch is None


def test_a_configuration_survives_json(template, manual):
    full = template(
        "batch-create-users",
        ["uid", "properties"],
        kinds=(("a", "int"),),
        exclude=("b",),
        headers=(("X-A", "1"),),
    )
    settings = (("attribute", "x"),)
    by_hand = manual(content_format="xml", batch=Batch(records=3, max_age_s=60, settings=settings))

    for configuration in (full, by_hand):
        stored = json.loads(json.dumps(configuration.to_json()))
        assert Configuration.from_json(stored) == configuration


def test_a_good_configuration_has_no_problems(template, manual):
    good = template("create-or-update-user", ["uid", "email"])
    record = {"uid": "a", "email": "b", "id": 1}

    assert fields(good, record) == []
    assert fields(manual(url="https://a.test/{record.id}/{YYYY}"), record) == []
    assert fields(template("delete-user", ["uid"]), record) == []


def test_a_required_field_that_nothing_fills_is_a_problem(template):
    problems = configurations.problems(
        template("create-or-update-user", ["a"]), attributes({"a": 1})
    )

    assert problems == [
        Problem("mapping.uid", "UID is needed: choose an attribute or type a value.")
    ]


def test_a_parameter_that_nothing_fills_is_a_problem(template):
    assert fields(template("delete-user", []), {"a": 1}) == ["parameters.uid"]
    empty = template("delete-user", [], parameters=(("uid", Value("constant", " ")),))
    assert fields(empty, {"a": 1}) == ["parameters.uid"]


@pytest.mark.parametrize("value", [Value("attribute", "gone"), Value("text", "x-{record.gone}")])
def test_an_attribute_that_no_record_has_is_a_problem(template, value):
    configuration = template("create-or-update-user", [], mapping=(("uid", value),))

    assert fields(configuration, {"uid": "a"}) == ["mapping.uid"]
    assert fields(configuration) == []  # a nexset without records, as a webhook's is at first


@pytest.mark.parametrize(
    ("path", "value", "is_wrong"),
    [
        ("email", {"a": 1}, True),
        ("email", None, False),
        ("email", 1, False),
        ("properties", "text", True),
        ("properties", {"a": 1}, False),
        ("properties", [1], True),
    ],
)
def test_a_kind_that_a_field_cannot_take_is_a_problem(template, path, value, is_wrong):
    mapping = (("uid", Value("attribute", "uid")), (path, Value("attribute", "x")))
    configuration = template("create-or-update-user", [], mapping=mapping)

    assert fields(configuration, {"uid": "a", "x": value}) == [f"mapping.{path}"] * is_wrong


@pytest.mark.parametrize(("text", "is_wrong"), [("{}", False), ("[]", True), ("{", True)])
def test_a_constant_object_must_be_json(template, text, is_wrong):
    mapping = (("uid", Value("attribute", "uid")), ("properties", Value("constant", text)))
    configuration = template("create-or-update-user", [], mapping=mapping)

    assert fields(configuration, {"uid": "a"}) == ["mapping.properties"] * is_wrong


def test_a_field_that_the_endpoint_does_not_have_is_a_problem(template):
    mapping = (("uid", Value("constant", "a")), ("nickname", Value("constant", "b")))

    assert fields(template("create-or-update-user", [], mapping=mapping)) == ["mapping.nickname"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.test/",
        "a.test",
        "https://",
        "https://{record.host}/",
        "https://u:p@a.test/",
        "https://a.test/a b",
        "https://a.test/ü",
        "https://a.test/{x}",
        "https://a.test/{messages}",
        "https://[",
        "https://a.test/\n",
    ],
)
def test_a_url_that_cannot_be_called_is_a_problem(manual, url):
    assert fields(manual(url=url)) == ["url"]


def test_an_empty_url_is_a_problem(manual):
    assert fields(manual(url="")) == ["url"]


def test_a_refused_header_is_a_problem(manual):
    assert fields(manual(headers=(("Authorization", "x"),))) == ["headers"]


@pytest.mark.parametrize(
    ("batch", "place"),
    [
        (Batch(records=0, algorithm="array"), "batch.records"),
        (Batch(records=50_001, algorithm="array"), "batch.records"),
        (Batch(records=1, max_bytes=0, algorithm="array"), "batch.max_bytes"),
        (Batch(records=1), "batch.name"),
        (Batch(records=1, algorithm="by_value"), "batch.attribute"),
        (
            Batch(records=1, algorithm="object_constant", settings=(("name", "x"),)),
            "batch.attribute",
        ),
        (Batch(records=1, algorithm="template"), "batch.template"),
    ],
)
def test_a_batch_that_lacks_a_setting_is_a_problem(manual, batch, place):
    assert fields(manual(batch=batch)) == [place]


@pytest.mark.parametrize(
    ("template", "is_wrong"),
    [
        ('{"a": {messages}, "at": "{now}", "b": {"c": {}}}', False),
        ("{messages}", False),
        ('{"a": 1}', True),
        ('{"a": {messages}', True),
        ('{"a": {messages}, "b": "{record.x}"}', True),
    ],
)
def test_a_template_must_be_json_around_the_records(manual, template, is_wrong):
    batch = Batch(records=1, algorithm="template", settings=(("template", template),))

    assert fields(manual(batch=batch)) == ["batch.template"] * is_wrong


def test_only_a_call_with_a_body_and_a_format_for_several_can_be_batched(manual):
    batch = Batch(records=1, algorithm="array")

    assert fields(manual("DELETE", batch=batch)) == ["batch.records"]
    assert fields(manual(content_format="form", batch=batch)) == ["format"]


def test_saving_sets_the_moment(template):
    configuration = template("create-event", ["name"])

    assert configuration.saved_at("2027-01-01") == replace(configuration, moment="2027-01-01")
