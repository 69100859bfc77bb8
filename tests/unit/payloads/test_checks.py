"""Checks: what FullStory would refuse, said before anything is sent."""

from dataclasses import dataclass, replace

import pytest

from fsdest.fullstory import by_hand, catalogue
from fsdest.payloads import checks
from fsdest.payloads import configuration as configurations
from fsdest.payloads.configuration import Batch, Configuration, Value

BASE = "https://api.fullstory.com"


@dataclass
class Known:
    path: str
    kinds: dict[str, int]


def known(*paths: str) -> list[Known]:
    return [Known(path, {"text": 1}) for path in paths]


def found(configuration: Configuration, *paths: str) -> list[str]:
    return checks.find(configuration, known(*paths), base_url=BASE)


def template(key: str, *paths: str, **fields: str) -> Configuration:
    made = configurations.guess(catalogue.endpoint(key), paths)
    mapping = dict(made.mapping) | {
        place.replace("__", "."): Value("constant", text) for place, text in fields.items()
    }
    return replace(made, mapping=tuple(mapping.items()))


def hand(method: str, path: str, **changes: object) -> Configuration:
    endpoint = by_hand.endpoint(method, path if "://" in path else BASE + path)
    return Configuration(endpoint=endpoint, rest="record", **changes)


def test_a_usual_configuration_has_nothing_to_say():
    assert found(template("create-or-update-user", "uid", "plan"), "uid", "plan") == []
    assert found(hand("POST", "/v2/users"), "uid", "email") == []


def test_names_that_are_no_property_names_are_told_once_and_not_when_excluded():
    configuration = template("create-or-update-user", "uid", "bad name", "1st", "x-y", "a.b c")

    (sentence,) = found(configuration, "uid", "bad name", "1st", "x-y", "a.b c")
    excluded = replace(configuration, exclude=("bad name", "1st", "x-y", "a"))

    assert "bad name, 1st, x-y and 1 more" in sentence
    assert found(excluded, "uid", "bad name", "1st", "x-y", "a.b c") == []


def test_more_properties_than_fullstory_keeps_are_told():
    paths = ["uid", *(f"p{n}" for n in range(501))]

    (sentence,) = found(template("create-or-update-user", *paths), *paths)

    assert sentence == "These are 501 properties; FullStory keeps 500."


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"user__uid": "a", "user__id": "1"}, "in one way"),
        ({"user__uid": "a", "session__id": "1:2"}, "map one of them"),
        ({"session__uid": "s", "session__use_most_recent": "true"}, "beside a session's id"),
        ({"session__use_most_recent": "true"}, "map the User UID"),
    ],
)
def test_an_event_belongs_to_one_user_or_one_session(fields, sentence):
    (said,) = found(template("create-event", "name", **fields), "name")

    assert sentence in said


def test_a_request_without_anything_of_the_record_is_told():
    configuration = template("create-webhook-endpoint", url="https://a.example", event_types="[]")

    (sentence,) = found(configuration, "uid")

    assert "each record makes the same call" in sentence


ARRAY = Batch(records=10, algorithm="array")


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        (hand("PUT", "/v2/users"), "FullStory has no PUT"),
        (hand("PATCH", "/v2/users"), "FullStory has no PATCH"),
        (hand("POST", "/v2/users", content_format="xml"), "JSON only"),
        (hand("POST", "/v2/users/batch"), "batch the records together"),
        (hand("POST", "/v2/users/batch", batch=ARRAY), 'called "requests"'),
        (hand("POST", "/v2/users", batch=ARRAY), "one record a call"),
        (hand("POST", "https://other.example/x"), "other addresses are not called"),
        (hand("POST", "/v2/events"), "looks for name"),
    ],
)
def test_by_hand_the_known_addresses_are_checked(configuration, sentence):
    assert any(sentence in said for said in found(configuration, "uid"))


def test_an_address_of_another_api_is_nobodys_business():
    assert found(hand("PUT", "/settings/recording/v1/x"), "anything") == []


@pytest.mark.parametrize("url", ["", "https://[", "nonsense", "https://{record.x}"])
def test_a_url_that_cannot_be_read_is_no_reason_to_fail(url):
    endpoint = replace(by_hand.endpoint("POST", ""), url=url, path="")

    checks.find(Configuration(endpoint=endpoint, rest="record"), known("a"), base_url=BASE)
