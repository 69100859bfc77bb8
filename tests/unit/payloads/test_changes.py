"""What differs between two configurations, as a person reads it."""

from dataclasses import replace

from fsdest.fullstory import by_hand, catalogue
from fsdest.payloads import configuration as configurations
from fsdest.payloads.changes import Change, diff
from fsdest.payloads.configuration import Batch, Configuration, Value

USER = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid", "email", "plan"])
BATCH = configurations.guess(catalogue.endpoint("batch-create-users"), ["uid", "email"])


def test_configurations_that_differ_in_their_moment_alone_differ_in_nothing():
    assert diff(USER.saved_at("2026-01-01"), USER.saved_at("2026-02-02")) == []


def test_a_mapping_is_called_by_its_label_and_says_what_fills_it():
    mapping = {**dict(USER.mapping), "display_name": Value("text", "{record.uid}!")}
    del mapping["email"]

    assert diff(USER, replace(USER, mapping=tuple(mapping.items()))) == [
        Change("Email", "Attribute email", "Not sent"),
        Change("Display name", "Not sent", "Text {record.uid}!"),
    ]


def test_a_larger_batch_is_one_change_in_records():
    assert BATCH.batch is not None
    after = replace(BATCH, batch=replace(BATCH.batch, records=1000, max_age_s=60))

    assert diff(BATCH, after) == [
        Change("Batch Size", "50,000 records", "1,000 records"),
        Change("Oldest record waits", "No limit", "60 s"),
    ]


def test_another_endpoint_is_told_with_its_method_and_address():
    after = configurations.guess(catalogue.endpoint("delete-user"), ["uid"])

    settings = {change.setting: (change.before, change.after) for change in diff(USER, after)}

    assert settings["Endpoint"] == ("Create or Update User", "Delete User")
    assert settings["Method"] == ("POST", "DELETE")
    assert settings["User UID"] == ("Not sent", "Attribute uid")


def test_a_renewed_description_of_the_same_endpoint_is_told():
    renewed = replace(USER, endpoint=replace(USER.endpoint, is_idempotent=False))

    assert [change.setting for change in diff(USER, renewed)] == ["Description of the endpoint"]


def test_every_setting_that_decides_a_request_is_told():
    before = Configuration(endpoint=by_hand.endpoint("POST", "https://a.example/x"), rest="record")
    after = Configuration(
        endpoint=before.endpoint,
        kinds=(("plan", "str"),),
        exclude=("ssn", "a.b"),
        headers=(("X-One", "1"),),
        content_format="xml",
        batch=Batch(records=5, algorithm="by_value", settings=(("attribute", "plan"),)),
        echo=True,
    )

    told = {change.setting: change.after for change in diff(before, after)}

    assert told == {
        "Other attributes": "Left out",
        "Type of plan": "str",
        "Exclude Attributes": "a.b, ssn",
        "Header X-One": "1",
        "Content Format": "XML",
        "Record Batching": "Several records in a call",
        "Batch Size": "5 records",
        "Largest call": "16,777,216 bytes",
        "Oldest record waits": "No limit",
        "Grouping Algorithm": "One call for each value of an attribute",
        "Attribute of the grouping": "plan",
        "Replies become a nexset": "Yes",
    }
    assert [change.before for change in diff(after, before)] == [
        change.after for change in diff(before, after)
    ]
