"""Errors of single records are read from a successful answer; a plain success has none."""

import pytest

from fsdest.fullstory import item_errors

REFUSED = {"message": "The uid is empty", "code": "invalid_parameter"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"job": {"id": "1"}},
        {"errors": []},
        {"errors": 0},
        {"errors": None, "results": [{"id": "1"}, {"id": "2"}]},
        {"results": [{"id": "1", "message": "ok", "code": "created"}]},
        {"items": [{"status": 201}, {"status": 200}]},
        {"results": "none", "items": {}},
    ],
)
def test_a_plain_success_has_none(body):
    assert item_errors.read(body, records=2) == ()


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"results": [{"id": "1"}, REFUSED]}, [1]),
        ({"results": [{**REFUSED, "user": {"uid": "ann"}}]}, [None]),
        ({"errors": [{"message": "no", "index": 1}]}, [1]),
        ({"errors": ["no"]}, [None]),
        ({"items": [{"status": 201}, {"status": 409, "error": {"message": "there"}}]}, [1]),
        ({"results": [{"error": "no"}, {"error": "no"}]}, [0, 1]),
    ],
)
def test_each_error_has_its_place_where_the_answer_tells(body, places):
    assert [error.index for error in item_errors.read(body, records=2)] == places


def test_an_error_keeps_the_words_and_the_record_it_repeats():
    (error,) = item_errors.read({"results": [{**REFUSED, "user": {"uid": "ann"}}]}, records=2)

    assert (error.code, error.message) == ("invalid_parameter", "The uid is empty")
    assert error.item == {"uid": "ann"}
