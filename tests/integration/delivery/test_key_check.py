"""Testing a credential: what FullStory's answer to `GET /me` makes of it."""

import json
from datetime import UTC, datetime

import pytest

from fsdest.delivery.key_check import try_key
from fsdest.models import Credential

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OWNER = {"email": "daniel@example.com", "orgId": "ABC", "role": "ARCHITECT"}
HTML = (("Content-Type", "text/html"),)


def test_a_good_key_is_verified_with_its_role_and_organization(stand_in, credential):
    stand_in.says(body=json.dumps(OWNER).encode())

    try_key(credential, now=NOW)

    credential.refresh_from_db()
    assert credential.is_verified
    assert (credential.role, credential.org_id, credential.email) == (
        "ARCHITECT",
        "ABC",
        "daniel@example.com",
    )
    assert (credential.level, credential.problem, credential.checked_at) == ("Architect", "", NOW)
    (received,) = stand_in.received
    assert (received.method, received.path) == ("GET", "/me")
    assert received.headers["Authorization"] == "Basic na1.SECRETSECRET/ORG1"


def test_an_unknown_key_fails_and_forgets_whose_it_was(stand_in, credential):
    credential.role, credential.status = "ADMIN", Credential.Status.VERIFIED
    stand_in.says(401, b'{"message":"access is unauthorized","code":"unauthorized"}')

    try_key(credential, now=NOW)

    assert credential.is_failed
    assert credential.role == ""
    assert "FullStory does not know this key" in credential.problem


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"status": 429, "headers": (("Retry-After", "7"),)}, "Wait 7 seconds, then test again."),
        ({"status": 500}, "Test again in a minute."),
        ({"status": 404}, "does not exist there"),
        ({"status": 302, "headers": (("Location", "/login"),)}, "a key never follows"),
        ({"status": 200, "body": b"<html>Sign in</html>", "headers": HTML}, "A web page came back"),
        ({"status": 200, "body": b"[1]"}, "does not look like FullStory's"),
        ({"cuts": True}, "broke"),
        ({"hangs": True}, "No answer within 1 second."),
    ],
)
def test_an_answer_that_says_nothing_about_the_key_changes_no_status(
    stand_in, credential, settings, answer, sentence
):
    settings.CALL_DEADLINE_S = 1
    credential.status = Credential.Status.VERIFIED
    stand_in.says(**answer)

    try_key(credential, now=NOW)

    assert credential.is_verified
    assert sentence in credential.problem


def test_a_dead_sandbox_says_how_to_start_it(settings, credential):
    settings.FULLSTORY_SANDBOX_URL = "http://127.0.0.1:9"

    try_key(credential, now=NOW)

    assert credential.status == Credential.Status.UNVERIFIED
    assert "The sandbox does not run." in credential.problem


def test_a_key_that_cannot_be_opened_any_more_asks_for_another(stand_in, credential):
    credential.sealed_key = "not sealed by us"

    try_key(credential, now=NOW)

    assert credential.is_failed
    assert "Replace the key." in credential.problem
    assert stand_in.received == []
