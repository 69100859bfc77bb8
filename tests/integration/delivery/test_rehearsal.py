"""The test panel: what is shown is what is sent, and every answer leads to a next step."""

import json
import uuid
from dataclasses import replace

import pytest

from fsdest.delivery import rehearsal
from fsdest.fullstory import catalogue
from fsdest.models import Block, Nexset, Source
from fsdest.payloads import configuration as configurations
from fsdest.records import blocks

HTML = (("Content-Type", "text/html"),)
USERS = [{"uid": f"u{n}", "plan": "free", "name": f"User {n}"} for n in range(5)]


@pytest.fixture
def nexset(organization) -> Nexset:
    source = Source.objects.create(organization=organization, name="users.csv")
    made = Nexset.objects.create(
        organization=organization, source=source, name="Users", is_ready=True, record_count=5
    )
    lines = [blocks.encode(user) for user in [*USERS[:2], {"plan": "none"}, *USERS[3:]]]
    Block.objects.create(nexset=made, first_offset=0, count=5, data=blocks.pack(lines))
    return made


def _configured(key: str, **changes: object):
    return replace(
        configurations.guess(catalogue.endpoint(key), ["uid", "plan", "name"]), **changes
    )


def _samples(configuration, nexset, stand_in, offsets=range(5)):
    return rehearsal.samples(configuration, nexset, base_url=stand_in.url, offsets=offsets)


def _try(credential, sample, configuration):
    return rehearsal.try_out(
        credential, sample.request, configuration=configuration, records=len(sample.offsets)
    )


def test_samples_are_the_requests_of_the_records_and_the_reasons_of_the_others(nexset, stand_in):
    made = _samples(_configured("create-or-update-user"), nexset, stand_in)

    assert [sample.offsets for sample in made] == [(0,), (1,), (2,), (3,), (4,)]
    assert made[0].request.url == f"{stand_in.url}/v2/users"
    assert json.loads(made[0].request.body) == {
        "uid": "u0",
        "display_name": "User 0",
        "properties": {"plan": "free"},
    }
    assert (made[2].request, "uid" in made[2].reason) == (None, True)


def test_batch_samples_are_grouped_as_a_delivery_groups(nexset, stand_in):
    configuration = _configured("batch-create-users")
    configuration = replace(configuration, batch=replace(configuration.batch, records=3))

    made = _samples(configuration, nexset, stand_in)

    assert [sample.offsets for sample in made] == [(0, 1, 3), (2,), (4,)]


def test_samples_can_be_made_of_records_far_apart(nexset, stand_in):
    made = _samples(_configured("create-or-update-user"), nexset, stand_in, offsets=[0, 4])

    assert [sample.offsets for sample in made] == [(0,), (4,)]


def test_a_test_sends_the_very_sample_under_a_key_of_its_own_kind(nexset, stand_in, credential):
    stand_in.says(body=b'{"id":"1"}')
    configuration = _configured("create-or-update-user")
    sample = _samples(configuration, nexset, stand_in)[0]

    trial = _try(credential, sample, configuration)

    (received,) = stand_in.received
    assert received.body == sample.request.body
    assert uuid.UUID(received.headers["Idempotency-Key"]).version == 4
    assert received.headers["Authorization"] == "Basic na1.SECRETSECRET/ORG1"
    assert (trial.status, trial.is_success) == (200, True)
    assert "Press Done" in trial.next_step


@pytest.mark.surface("S8")
def test_nothing_shown_tells_the_key_even_if_the_answer_repeats_it(nexset, stand_in, credential):
    stand_in.says(
        400,
        b'{"message":"bad header Basic na1.SECRETSECRET/ORG1","code":"x"}',
        headers=(("Content-Type", "application/json"), ("X-Echo", "na1.SECRETSECRET/ORG1")),
    )
    configuration = _configured("create-or-update-user")

    trial = _try(credential, _samples(configuration, nexset, stand_in)[0], configuration)

    assert "bad header Basic [redacted]" in trial.body
    assert "SECRETSECRET" not in repr(trial)


def test_a_long_answer_is_judged_whole_and_shown_in_part(nexset, stand_in, credential):
    stand_in.says(body=json.dumps({"id": "1", "more": "x" * 20_000}).encode())
    configuration = _configured("create-or-update-user")

    trial = _try(credential, _samples(configuration, nexset, stand_in)[0], configuration)

    assert trial.is_success
    assert trial.is_cut
    assert len(trial.body) == rehearsal.REPLY_SHOWN


def test_a_batch_that_became_an_import_job_says_that_it_is_followed(nexset, stand_in, credential):
    stand_in.says(body=b'{"job":{"id":"abc=","status":"PROCESSING"}}')
    configuration = _configured("batch-create-users")

    trial = _try(credential, _samples(configuration, nexset, stand_in)[0], configuration)

    assert (trial.is_success, trial.verdict.job_id) == (True, "abc=")
    assert "import job" in trial.next_step


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"status": 401, "body": b'{"code":"unauthorized"}'}, "does not know this key"),
        ({"status": 403, "body": b'{"code":"forbidden"}'}, "Create one with the level Architect"),
        ({"status": 404, "body": b'{"code":"user_not_found"}'}, "Check the id or the URL"),
        ({"status": 400, "body": b'{"code":"required_field"}'}, "correct the mapping"),
        ({"status": 413}, "smaller batch size"),
        ({"status": 429, "headers": (("Retry-After", "7"),)}, "Wait 7 seconds"),
        ({"status": 502, "body": b""}, "Test again in a minute."),
        ({"status": 200, "body": b"<html>Sign in</html>", "headers": HTML}, "A web page came back"),
        ({"status": 301, "headers": (("Location", "/x"),)}, "a key never follows"),
        ({"cuts": True}, "look in FullStory before"),
        ({"hangs": True}, "look in FullStory before"),
    ],
)
def test_every_other_answer_tells_what_to_do_next(
    nexset, stand_in, credential, settings, answer, sentence
):
    settings.CALL_DEADLINE_S = 1
    stand_in.says(**answer)
    configuration = _configured("create-or-update-user")

    trial = _try(credential, _samples(configuration, nexset, stand_in)[0], configuration)

    assert not trial.is_success
    assert trial.verdict.reason
    assert sentence in trial.next_step


def test_a_dead_sandbox_tells_how_to_start_it(nexset, stand_in, credential, settings):
    configuration = _configured("create-or-update-user")
    sample = rehearsal.samples(configuration, nexset, base_url="http://127.0.0.1:9", offsets=[0])[0]
    settings.FULLSTORY_SANDBOX_URL = "http://127.0.0.1:9"

    trial = _try(credential, sample, configuration)

    assert trial.status is None
    assert "The sandbox does not run." in trial.next_step


def test_a_key_that_cannot_be_opened_is_told_and_nothing_is_sent(nexset, stand_in, credential):
    credential.sealed_key = "not sealed by us"
    configuration = _configured("create-or-update-user")

    trial = _try(credential, _samples(configuration, nexset, stand_in)[0], configuration)

    assert "Replace the key" in trial.verdict.reason
    assert stand_in.received == []
