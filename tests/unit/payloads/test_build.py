"""One record becomes one payload, or is rejected for what FullStory surely refuses."""

import tracemalloc
from dataclasses import replace
from time import perf_counter

import orjson
import pytest

from fsdest.payloads.build import Payload, Rejected, Renderer
from fsdest.payloads.configuration import Batch, Value

USERS = "create-or-update-user"


def test_a_user_has_its_fields_in_place_and_the_rest_in_properties(template, build):
    configuration = template(USERS, ["user_id", "full_name", "email", "plan"])
    record = {"user_id": "ann", "plan": "gold", "full_name": "Ann", "email": "a@x"}

    assert build(configuration, record) == Payload(
        offset=7,
        order_key="ann",
        item=b'{"uid":"ann","display_name":"Ann","email":"a@x","properties":{"plan":"gold"}}',
        target="/v2/users",
    )


def test_an_object_called_properties_is_taken_as_it_is_and_joined_by_the_rest(template, item):
    configuration = template(USERS, ["uid", "properties", "plan"])
    record = {"uid": "ann", "plan": "gold", "properties": {"age": 3, "plan": "silver"}}

    assert item(configuration, record)["properties"] == {"plan": "silver", "age": 3}


def test_nulls_are_left_out_at_every_level(template, item):
    configuration = template(USERS, ["uid", "email", "a"])
    record = {"uid": "ann", "email": None, "a": None, "b": {"c": None, "d": 1}, "e": [None]}

    assert item(configuration, record) == {
        "uid": "ann",
        "properties": {"b": {"d": 1}, "e": [None]},
    }


def test_without_properties_there_are_none(template, item):
    assert item(template(USERS, ["uid"]), {"uid": "ann"}) == {"uid": "ann"}


@pytest.mark.parametrize(
    ("uid", "text"), [(12, "12"), (1.5, "1.5"), (True, "true"), ("00123", "00123")]
)
def test_a_number_as_uid_becomes_text_in_body_and_order_key(template, build, item, uid, text):
    configuration = template(USERS, ["uid"])

    assert item(configuration, {"uid": uid}) == {"uid": text}
    assert build(configuration, {"uid": uid}).order_key == text


@pytest.mark.parametrize("record", [{"user_id": ""}, {"user_id": None}, {"name": "Ann"}])
def test_a_record_without_uid_is_rejected_with_the_attribute_it_lacks(template, build, record):
    assert build(template(USERS, ["user_id"]), record) == Rejected(
        offset=7,
        code="missing",
        reason="The record has no uid (mapped from attribute user_id).",
        field="uid",
    )


def test_a_uid_that_nothing_is_mapped_to_is_missing(template, build):
    assert build(template(USERS, ["plan"]), {"plan": "x"}).code == "missing"


@pytest.mark.parametrize("uid", [{"a": 1}, ["ann"]])
def test_an_object_where_text_is_expected_is_rejected(template, build, uid):
    rejected = build(template(USERS, ["uid"]), {"uid": uid})

    assert (rejected.code, rejected.field) == ("not_text", "uid")


def test_a_uid_may_have_256_characters_and_no_more(template, build):
    configuration = template(USERS, ["uid"])

    assert isinstance(build(configuration, {"uid": "ü" * 256}), Payload)
    assert build(configuration, {"uid": "ü" * 257}).code == "too_long"


@pytest.mark.parametrize("properties", ["gold", ["gold"], 3])
def test_properties_must_be_an_object(template, build, properties):
    rejected = build(
        template(USERS, ["uid", "properties"]), {"uid": "ann", "properties": properties}
    )

    assert (rejected.code, rejected.field) == ("wrong_kind", "properties")


def test_bad_property_names_are_left_for_fullstory_to_judge(template, item):
    record = {"uid": "ann", "what a name!": 1}

    assert item(template(USERS, ["uid"]), record)["properties"] == {"what a name!": 1}


@pytest.mark.parametrize("line", [b"", b"[]", b"null", b'{"uid":', b"\xff"])
def test_what_is_no_record_is_rejected(template, line):
    assert Renderer(template(USERS, ["uid"])).build(0, line).code == "not_a_record"


def test_a_record_nested_too_deeply_is_rejected(template):
    deep = b'{"uid":"a","x":' + b'{"x":' * 400 + b"1" + b"}" * 401

    assert Renderer(template(USERS, ["uid"])).build(0, deep).code == "too_deep"


def test_a_nested_attribute_that_is_mapped_is_not_repeated_in_properties(template, item):
    configuration = template(
        USERS, [], mapping=(("uid", Value("attribute", "user.id")),), rest="properties"
    )

    assert item(configuration, {"user": {"id": "ann"}, "a": 1}) == {
        "uid": "ann",
        "properties": {"a": 1},
    }


def test_a_uid_from_within_the_mapped_properties_is_not_repeated_there(template, item):
    mapping = (
        ("uid", Value("attribute", "profile.uid")),
        ("properties", Value("attribute", "profile")),
    )
    configuration = template(USERS, [], mapping=mapping)

    assert item(configuration, {"profile": {"uid": "ann", "age": 3}}) == {
        "uid": "ann",
        "properties": {"age": 3},
    }


def test_excluded_attributes_are_gone_nested_ones_too(template, item):
    configuration = template(
        USERS, ["uid", "properties"], exclude=("ssn", "properties.card.number")
    )
    record = {"uid": "a", "ssn": 1, "properties": {"card": {"number": 4, "kind": "x"}}}

    assert item(configuration, record) == {"uid": "a", "properties": {"card": {"kind": "x"}}}


def test_an_object_emptied_by_exclusion_is_gone(template, item):
    configuration = template(USERS, ["uid"], exclude=("card.number",))

    assert item(configuration, {"uid": "a", "card": {"number": 4}}) == {"uid": "a"}


def test_exclusion_reaches_into_a_nested_object_that_is_mapped(template, item):
    mapping = (("uid", Value("attribute", "uid")), ("properties", Value("attribute", "user.more")))
    configuration = template(
        USERS, [], mapping=mapping, rest="", exclude=("user.more", "user.more.ssn")
    )
    record = {"uid": "ann", "user": {"more": {"ssn": 1, "plan": "gold"}}}

    assert item(configuration, record) == {"uid": "ann", "properties": {"plan": "gold"}}


def test_an_excluded_attribute_that_is_mapped_stays_where_it_is_mapped(template, item):
    configuration = template(USERS, ["uid", "a"], exclude=("uid",))

    assert item(configuration, {"uid": "ann", "a": 1}) == {"uid": "ann", "properties": {"a": 1}}


def test_types_are_declared_for_the_properties_that_are_there(template, item):
    configuration = template(
        USERS, ["uid"], kinds=(("spent", "int"), ("a.b", "date"), ("gone", "str"))
    )
    made = item(configuration, {"uid": "ann", "spent": 3, "a": {"b": "2024-01-01"}})

    assert made["schema"] == {"properties": {"spent": "int", "a.b": "date"}}


def test_constants_and_texts_fill_fields(template, item):
    mapping = (
        ("uid", Value("text", "{record.shop}-{record.id}")),
        ("display_name", Value("constant", "{record.id}")),
    )
    configuration = template(USERS, [], mapping=mapping, rest="")

    assert item(configuration, {"shop": "b", "id": 7}) == {
        "uid": "b-7",
        "display_name": "{record.id}",
    }


def test_an_event_nests_its_fields(template, item):
    paths = ["event", "user_id", "timestamp", "context.browser.url", "price"]
    configuration = template("create-event", paths)
    record = {
        "event": "Bought",
        "user_id": "ann",
        "timestamp": "2024-01-01T00:00:00Z",
        "context": {"browser": {"url": "https://x"}},
        "price": 2.5,
    }

    assert item(configuration, record) == {
        "name": "Bought",
        "timestamp": "2024-01-01T00:00:00Z",
        "user": {"uid": "ann"},
        "context": {"browser": {"url": "https://x"}},
        "properties": {"price": 2.5},
    }


@pytest.mark.parametrize(
    ("recent", "session"),
    [
        (True, {"use_most_recent": True}),
        ("true", {"use_most_recent": True}),
        (False, None),
        ("false", None),
    ],
)
def test_the_most_recent_session_is_asked_for_or_not_mentioned(template, item, recent, session):
    configuration = template("create-event", ["name", "uid", "use_most_recent"])
    record = {"name": "E", "uid": "ann", "use_most_recent": recent}

    assert item(configuration, record).get("session") == session


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_a_constant_is_typed_as_its_field(template, item, text, value):
    parameters = (("id", Value("constant", "abc")),)
    mapping = (
        ("disabled", Value("constant", text)),
        ("event_types", Value("constant", '[{"event_name": "note.created"}]')),
    )
    configuration = template("update-webhook-endpoint", [], mapping=mapping, parameters=parameters)

    assert item(configuration, {}) == {
        "event_types": [{"event_name": "note.created"}],
        "disabled": value,
    }


def test_a_user_is_deleted_by_the_percent_encoded_uid(template, build):
    payload = build(template("delete-user", ["uid"]), {"uid": "a/b&c=ü {record.x}"})

    assert payload.target == "/v2/users?uid=a%2Fb%26c%3D%C3%BC%20%7Brecord.x%7D"
    assert (payload.item, payload.order_key) == (b"", "a/b&c=ü {record.x}")


@pytest.mark.parametrize(
    ("uid", "code"), [("", "missing"), (None, "missing"), ("u" * 257, "too_long"), ([], "not_text")]
)
def test_nobody_is_deleted_without_a_proper_uid(template, build, uid, code):
    assert build(template("delete-user", ["uid"]), {"uid": uid}).code == code


def test_an_id_in_the_path_stays_one_part_of_it(template, build):
    configuration = template("delete-webhook-endpoint", ["id"])

    assert build(configuration, {"id": "a/../b?c"}).target == (
        "/webhooks/v1/endpoints/a%2F..%2Fb%3Fc"
    )
    assert build(configuration, {"id": ".."}).code == "unsafe_url"
    assert build(configuration, {"id": "."}).code == "unsafe_url"
    assert build(configuration, {"id": "..."}).target.endswith("/...")


def test_by_hand_a_record_is_its_own_body_byte_for_byte(manual):
    line = b'{"b":null,"a":{"c":1.0}}'

    assert Renderer(manual()).build(0, line).item == line


def test_by_hand_excluded_attributes_are_left_out_and_nulls_stay(manual, item):
    configuration = manual(exclude=("a.secret",))

    assert item(configuration, {"a": {"secret": 1, "c": 2}, "b": None}) == {
        "a": {"c": 2},
        "b": None,
    }


def test_by_hand_the_url_takes_attributes_even_excluded_ones(manual, build):
    configuration = manual(url="https://a.test/{record.id}?d={YYYY}-{MM}", exclude=("id",))
    payload = build(configuration, {"id": "x y", "a": 1})

    assert payload.target == "https://a.test/x%20y?d=2026-11"
    assert payload.item == b'{"a":1}'


@pytest.mark.parametrize(
    ("record", "code"), [({}, "missing"), ({"id": ".."}, "unsafe_url"), ({"id": ""}, "missing")]
)
def test_by_hand_a_url_that_would_point_elsewhere_is_rejected(manual, build, record, code):
    rejected = build(manual(url="https://a.test/x/{record.id}"), record)

    assert (rejected.code, rejected.field) == (code, "url")


def test_a_constant_attribute_is_added_to_each_record(manual, item):
    settings = (("name", "items"), ("attribute", "attributes"), ("value", '{"type": "Account"}'))
    batch = Batch(records=10, algorithm="object_constant", settings=settings)

    assert item(manual(batch=batch), {"a": 1}) == {"a": 1, "attributes": {"type": "Account"}}


def test_payloads_know_the_value_they_are_grouped_by(manual, build):
    batch = Batch(records=10, algorithm="by_value", settings=(("attribute", "shop.id"),))
    configuration = manual(batch=batch)

    assert build(configuration, {"shop": {"id": 3}}).group == "3"
    assert build(configuration, {}).group == ""


def test_the_order_key_of_a_decoded_record_is_that_of_its_payload(template, build):
    configuration = template("create-event", ["name", "user_id"])
    record = {"name": "E", "user_id": 5}

    assert (
        Renderer(configuration).order_key(record) == build(configuration, record).order_key == "5"
    )
    assert Renderer(configuration).order_key({"user_id": {}}) == ""


def test_the_order_key_may_come_from_a_constant_or_from_nothing(template):
    constant = template("create-event", [], mapping=(("user.uid", Value("constant", "shop")),))

    assert Renderer(constant).order_key({}) == "shop"
    assert Renderer(replace(constant, mapping=())).order_key({"uid": "x"}) == ""


def test_building_a_flat_record_is_fast(template):
    """About 4 us on the machine this was written on; the bound leaves room for a busy one."""

    renderer = Renderer(template(USERS, ["uid", "name", "email"]))
    record = {"uid": "u1", "name": "Ann", "email": "a@x"} | {f"p{n}": "value" for n in range(7)}
    line = orjson.dumps(record)

    def once() -> float:
        started = perf_counter()
        for offset in range(2_000):
            renderer.build(offset, line)
        return perf_counter() - started

    assert min(once() for _ in range(5)) / 2_000 < 20e-6


def test_payloads_that_wait_for_a_batch_take_no_more_memory_than_they_need(template):
    renderer = Renderer(template("batch-create-users", ["uid", "plan"]))
    lines = [orjson.dumps({"uid": f"user-{n}", "plan": "gold"}) for n in range(1000)]

    tracemalloc.start()
    kept = [renderer.build(offset, line) for offset, line in enumerate(lines)]
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert taken / len(kept) < 800  # bytes
