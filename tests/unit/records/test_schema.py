"""The schema: what is learned of a nexset from its records."""

import json

import pytest

from fsdest.records import schema as schema_module
from fsdest.records.schema import MISSING, Attribute, Schema, value_at


def learned(*records):
    schema = Schema()
    schema.learn_all(records)
    return schema


def kinds(schema):
    return {one.path: one.kinds for one in schema.attributes}


def test_each_json_type_has_its_kind():
    record = {"a": "x", "b": 1, "c": 1.5, "d": True, "e": None, "f": [1], "g": {}}

    assert kinds(learned(record)) == {
        "a": {"text": 1},
        "b": {"number": 1},
        "c": {"number": 1},
        "d": {"boolean": 1},
        "e": {"null": 1},
        "f": {"list": 1},
        "g": {"object": 1},
    }


def test_presence_is_counted_exactly_and_attributes_keep_their_first_order():
    schema = learned({"b": 1}, {"a": "x", "b": 2}, {"c": None, "b": "y"})

    assert schema.records == 3
    assert schema.attributes == [
        Attribute("b", {"number": 2, "text": 1}, 3),
        Attribute("a", {"text": 1}, 1),
        Attribute("c", {"null": 1}, 1),
    ]


def test_objects_are_followed_by_dotted_path_and_lists_are_leaves():
    schema = learned({"p": {"plan": "pro", "deep": {"n": 1}}, "list": [{"x": 1}]})

    assert [one.path for one in schema.attributes] == ["p", "p.plan", "p.deep", "p.deep.n", "list"]


@pytest.mark.parametrize(
    "record", [{"a.b": 1, "a": {"b": "x"}}, {"a": {"b": "x"}, "a.b": 1}], ids=["before", "after"]
)
def test_one_path_by_two_ways_counts_once_as_the_value_that_is_found(record):
    schema = learned(record)

    assert {one.path: (one.kinds, one.present) for one in schema.attributes}["a.b"] == (
        {"number": 1},
        1,
    )
    assert value_at(record, "a.b") == 1


@pytest.mark.parametrize(
    "text",
    ["2024-02-29", "2024-01-02T03:04:05Z", "2024-01-02 03:04", "2024-01-02T03:04:05.678+01:00"],
)
def test_iso_dates_and_times_are_moments(text):
    assert kinds(learned({"at": text}, {"at": ""}, {"at": text})) == {"at": {"moment": 3}}


@pytest.mark.parametrize("text", ["2024", "02.01.2024", "2024-13-01", "2024-01-02T25:00", "x"])
def test_one_other_text_makes_the_whole_attribute_text(text):
    assert kinds(learned({"at": "2024-01-01"}, {"at": text}, {"at": "2024-01-01"})) == {
        "at": {"text": 3}
    }


def test_nested_moments_are_found_and_empty_texts_alone_are_text():
    schema = learned({"p": {"at": "2024-01-01"}, "note": ""})

    assert kinds(schema) == {"p": {"object": 1}, "p.at": {"moment": 1}, "note": {"text": 1}}


def test_paths_beyond_the_limit_are_counted_but_not_listed(monkeypatch):
    monkeypatch.setattr(schema_module, "PATHS_LIMIT", 3)

    schema = learned({"a": 1, "b": 1, "c": 1, "d": 1}, {"a": 1, "e": 1, "f": "x"})

    assert [one.path for one in schema.attributes] == ["a", "b", "c"]
    assert schema.overflow == 3

    schema.learn({"a": 1, "g": 1})
    schema.learn({"a": 1, "g": 2})
    assert schema.overflow == 5

    schema.merge(learned({"a": 1, "h": "x"}, {"i": 1, "j": 1, "k": 1, "l": 1}))
    assert schema.overflow == 10
    assert Schema.from_json(schema.to_json()).overflow == 10


def test_one_by_one_or_together_the_same_is_beyond_the_limit(monkeypatch):
    monkeypatch.setattr(schema_module, "PATHS_LIMIT", 3)
    records = [{f"k{n}": n, f"j{n}": "x"} for n in range(4)] * 10
    one_by_one = Schema()
    for record in records:
        one_by_one.learn(record)

    assert one_by_one.overflow == learned(*records).overflow == 50


def test_many_different_shapes_add_up_as_they_come(monkeypatch):
    monkeypatch.setattr(schema_module, "_PATHS_AT_ONCE", 10)

    schema = learned(*({f"k{n % 7}": n, "all": "x", f"j{n % 5}": None} for n in range(700)))

    counts = {one.path: one.present for one in schema.attributes}
    assert counts["all"] == 700
    assert counts["k3"] == 100
    assert counts["j4"] == 140


def test_a_schema_is_json_and_back_and_learns_on():
    whole = learned({"a": 1, "at": "2024-01-01"}, {"a": "x", "at": "2024-01-02"})

    resumed = Schema.from_json(
        json.loads(json.dumps(learned({"a": 1, "at": "2024-01-01"}).to_json()))
    )
    resumed.learn({"a": "x", "at": "2024-01-02"})

    assert resumed.to_json() == whole.to_json()
    assert Schema.from_json({}).to_json() == {"records": 0, "overflow": 0, "attributes": []}


def test_merging_is_learning_later():
    first = [{"a": 1, "at": "2024-01-01"}, {"b": "x"}]
    second = [{"c": None, "a": "y"}, {"at": "soon"}]
    merged = learned(*first)

    merged.merge(learned(*second))

    assert merged.to_json() == learned(*first, *second).to_json()


def test_reading_the_attributes_changes_nothing_and_hands_out_copies():
    schema = learned({"a": 1})
    schema.attributes[0].count("text", 5)
    schema.learn({"a": 2})

    assert schema.attributes == [Attribute("a", {"number": 2}, 2)]


@pytest.mark.parametrize(
    ("record", "path", "value"),
    [
        ({"a": 1}, "a", 1),
        ({"a": None}, "a", None),
        ({"a": {"b": {"c": 2}}}, "a.b.c", 2),
        ({"a": {"b.c": 3, "b": {"c": 2}}}, "a.b.c", 3),
        ({"a.b": {"x": 0}, "a": {"b": {"c": 2}}}, "a.b.c", 2),
        ({"a": 1}, "b", MISSING),
        ({"a": 1}, "a.b", MISSING),
        ({"a": [1]}, "a.0", MISSING),
        ({}, "", MISSING),
        ({"": 1}, "", 1),
        ({"a": {"": 1}}, "a.", 1),
    ],
)
def test_value_at_a_path(record, path, value):
    assert value_at(record, path) is value or value_at(record, path) == value


def test_missing_is_false_and_says_its_name():
    assert not MISSING
    assert repr(MISSING) == "MISSING"
