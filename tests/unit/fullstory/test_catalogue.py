"""The templates are data, and they make the calls that FullStory documents."""

import json
from dataclasses import fields

import pytest

from fsdest.fullstory import by_hand, catalogue, limits
from fsdest.fullstory.endpoints import Endpoint

every_endpoint = pytest.mark.parametrize(
    "endpoint", catalogue.ENDPOINTS, ids=lambda endpoint: endpoint.key
)


def test_the_eight_templates_make_the_documented_calls():
    assert {each.key: f"{each.method} {each.path}" for each in catalogue.ENDPOINTS} == {
        "create-or-update-user": "POST /v2/users",
        "delete-user": "DELETE /v2/users",
        "batch-create-users": "POST /v2/users/batch",
        "create-event": "POST /v2/events",
        "create-batch-events-import-job": "POST /v2/events/batch",
        "create-webhook-endpoint": "POST /webhooks/v1/endpoints",
        "update-webhook-endpoint": "POST /webhooks/v1/endpoints/{id}",
        "delete-webhook-endpoint": "DELETE /webhooks/v1/endpoints/{id}",
    }


@every_endpoint
def test_an_endpoint_is_data_that_survives_json(endpoint):
    assert Endpoint.from_json(json.loads(json.dumps(endpoint.to_json()))) == endpoint


def test_an_endpoint_stored_before_a_new_field_came_takes_its_default():
    raw = catalogue.endpoint("create-event").to_json()
    with_default = {field.name for field in fields(Endpoint)} - {"key", "title", "method", "path"}
    for name in with_default - {"parameters", "fields", "warnings"}:
        del raw[name]

    assert Endpoint.from_json(raw).lanes == Endpoint(key="", title="", method="POST", path="").lanes


@every_endpoint
def test_every_endpoint_is_explained_and_names_its_page(endpoint):
    assert endpoint.explanation.endswith(".")
    assert endpoint.doc.startswith("https://developer.fullstory.com/")


@every_endpoint
def test_what_orders_calls_is_a_place_of_the_endpoint(endpoint):
    places = {field.path for field in endpoint.fields} | {p.name for p in endpoint.parameters}

    assert endpoint.order_by in places


@every_endpoint
def test_parameters_in_the_path_stand_there(endpoint):
    for parameter in endpoint.parameters:
        assert (f"{{{parameter.name}}}" in endpoint.path) == (parameter.place == "path")


@every_endpoint
def test_what_deletes_says_that_it_cannot_be_undone(endpoint):
    assert endpoint.is_irreversible == (endpoint.method == "DELETE")
    if endpoint.is_irreversible:
        assert "What is deleted cannot be brought back." in endpoint.warnings


@pytest.mark.parametrize(
    ("key", "family"),
    [("batch-create-users", "users"), ("create-batch-events-import-job", "events")],
)
def test_batches_wrap_up_to_fifty_thousand_records_and_start_import_jobs(key, family):
    endpoint = catalogue.endpoint(key)

    assert (endpoint.max_records, endpoint.envelope, endpoint.follow) == (
        50_000,
        "requests",
        family,
    )
    assert endpoint.lanes == 1


def test_only_the_four_documented_calls_take_an_idempotency_key():
    assert {each.path for each in catalogue.ENDPOINTS if each.is_idempotent} == {
        "/v2/users",
        "/v2/users/batch",
        "/v2/events",
        "/v2/events/batch",
    }


def test_an_endpoint_that_does_not_exist_is_a_key_error():
    with pytest.raises(KeyError):
        catalogue.endpoint("merge-users")


def test_a_documented_call_entered_by_hand_behaves_as_the_template_does():
    endpoint = by_hand.endpoint("POST", "https://api.fullstory.com/v2/users/batch")

    assert endpoint.follow == "users"
    assert endpoint.is_idempotent
    assert endpoint.envelope == "requests"
    assert endpoint.is_manual


def test_a_macro_by_hand_stands_for_the_id_of_the_template():
    url = "https://api.fullstory.com/webhooks/v1/endpoints/{record.id}"
    endpoint = by_hand.endpoint("DELETE", url)

    assert endpoint.is_irreversible
    assert endpoint.needs == "architect"


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("PUT", "https://api.fullstory.com/v2/users"),
        ("POST", "https://a.test/x"),
        ("GET", "http://["),
    ],
)
def test_another_call_by_hand_promises_nothing(method, url):
    endpoint = by_hand.endpoint(method, url)

    assert not endpoint.is_idempotent
    assert endpoint.follow == ""
    assert endpoint.max_records == limits.BATCH_RECORDS


@pytest.mark.parametrize(
    "endpoint", [by_hand.endpoint(m, "https://a.test/") for m in by_hand.METHODS]
)
def test_an_endpoint_by_hand_survives_json(endpoint):
    assert Endpoint.from_json(json.loads(json.dumps(endpoint.to_json()))) == endpoint
