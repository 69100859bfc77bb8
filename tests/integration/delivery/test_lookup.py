"""Live look-ups: what FullStory lists, page by page, or the sentence why it could not be had."""

import json

import pytest

from fsdest.delivery.lookup import MOST_PAGES, look_up


def test_webhooks_are_listed_over_all_pages_with_their_state(stand_in, credential):
    stand_in.says_in_turn(
        {"endpoints": [{"id": "a", "url": "https://a"}], "nextPaginationToken": "p 2"},
        {"endpoints": [{"id": "b", "url": "https://b", "enabled": False}]},
    )

    looked = look_up(credential, "webhooks")

    assert [(each.value, each.label) for each in looked.choices] == [
        ("a", "https://a"),
        ("b", "https://b, disabled"),
    ]
    assert stand_in.received[1].path == "/webhooks/v1/endpoints?paginationToken=p%202"


def test_an_endless_list_ends(stand_in, credential):
    pages = [
        {"endpoints": [{"id": str(n), "url": "u"}], "nextPaginationToken": str(n)}
        for n in range(MOST_PAGES + 5)
    ]
    stand_in.says_in_turn(*pages)

    assert len(look_up(credential, "webhooks").choices) == MOST_PAGES


def test_a_repeated_token_ends_the_list(stand_in, credential):
    stand_in.says_in_turn({"endpoints": [], "nextPaginationToken": "same"})

    assert look_up(credential, "webhooks").choices == ()
    assert len(stand_in.received) == 2


def test_an_event_type_that_needs_a_subcategory_is_offered_with_each(stand_in, credential):
    stand_in.says_in_turn(
        {"eventDefs": [{"eventName": "a/b", "displayName": "Alert", "hasSubcategories": True}]},
        {"subcategoryDefs": [{"subcategory": "x", "displayName": "Slow"}, {"subcategory": "y"}]},
    )

    looked = look_up(credential, "event_types")

    assert [(each.group, each.label) for each in looked.choices] == [
        ("Alert", "Slow"),
        ("Alert", "y"),
    ]
    assert json.loads(looked.choices[0].value) == {"event_name": "a/b", "subcategory": "x"}
    assert stand_in.received[1].path == "/webhooks/v1/event-types/a%2Fb/subcategories"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"status": 403}, "FullStory answered 403."),
        ({"status": 200, "body": b"<html>"}, "A web page came back"),
        ({"status": 200, "body": b"[1]"}, "FullStory answered 200."),
        ({"cuts": True}, "broke"),
    ],
)
def test_a_failure_is_a_sentence(stand_in, credential, answer, sentence):
    stand_in.says(**answer)

    looked = look_up(credential, "webhooks")

    assert looked.choices == ()
    assert sentence in looked.problem


def test_a_key_that_cannot_be_opened_is_told(stand_in, credential):
    credential.sealed_key = "not sealed by us"

    assert "Replace the key" in look_up(credential, "webhooks").problem
