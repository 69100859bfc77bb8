"""Choices where FullStory is silent: each has a name, and changes what it says."""

import subprocess
import sys
from dataclasses import fields

import pytest

from fsdest.sandbox.settings import Settings, UnknownSettingError, change

BIG = {"uid": "ann", "properties": {"big": "x" * 8193, "fits": "x" * 8192}}


def only(client, uid="ann"):
    return client.control(f"GET users?uid={uid}")["users"][0]


def test_a_big_value_is_dropped_or_rejects_the_user(client):
    assert client("POST /v2/users", BIG).status_code == 200
    assert only(client)["properties"].keys() == {"fits"}

    client.set(big_values="reject")
    assert client("POST /v2/users", BIG).json()["code"] == "invalid_argument"


def test_an_unknown_field_is_ignored_or_rejected(client):
    body = {"uid": "ann", "displayName": "Ann"}
    assert client("POST /v2/users", body).status_code == 200
    assert "display_name" not in only(client)

    client.set(unknown_fields="reject")
    assert client("POST /v2/users", body).status_code == 400


def test_put_is_refused_or_taken_as_post(client):
    assert client("PUT /v2/users", {"uid": "ann"}).status_code == 405

    client.set(put_and_patch="accept")
    assert client("PUT /v2/users", {"uid": "ann"}).status_code == 200


def test_a_deleted_user_is_shown_as_leaving_and_then_gone(client, wait_until):
    client.set(deletion_s=0.2)
    id = client("POST /v2/users", {"uid": "ann"}).json()["id"]
    client("DELETE /v2/users?uid=ann")

    assert client(f"GET /v2/users/{id}").json()["is_being_deleted"] is True
    wait_until(lambda: client(f"GET /v2/users/{id}").status_code == 404)
    assert client("POST /v2/users", {"uid": "ann"}).json()["id"] != id


def test_a_plain_500_is_replayed_or_not(client):
    client.set(replay_500=False)
    client.play("status", times=1)

    assert client("POST /v2/users", {}, key="k1").status_code == 500
    assert client("POST /v2/users", {}, key="k1").status_code == 200


def test_a_key_is_forgotten_after_its_time(client, wait_until):
    client.set(replay_s=0.1)
    first = client("POST /v2/users", {}, key="k1").json()

    wait_until(lambda: client("POST /v2/users", {}, key="k1").json() != first)


def test_a_job_with_errors_may_say_completed(client):
    client.set(completed_with_errors=True)
    job = client("POST /v2/users/batch", {"requests": [{"uid": ""}]}).json()["job"]

    status = client.finish(f"/v2/users/batch/{job['id'].replace('=', '%3D')}")
    assert (status["job"]["status"], status["errors"]) == ("COMPLETED", 1)


def test_a_second_endpoint_for_a_url_may_take_the_place_of_the_first(client):
    client.set(duplicate_url="upsert")
    body = {"url": "https://a.example", "event_types": [{"event_name": "note.created"}]}

    statuses = [client("POST /webhooks/v1/endpoints", body).status_code for _ in range(2)]
    assert statuses == [200, 200]


def test_an_event_may_leave_its_user_unknown(client):
    client.set(user_from_event=False)
    client("POST /v2/events", {"name": "E", "user": {"uid": "ann"}})

    assert client.control("GET uids")["uids"] == []


def test_bodies_are_kept_as_far_as_asked(client):
    client.set(keep_body_bytes=5)
    client("POST /v2/users", data=b'{"uid":"ann"}')
    client.set(keep_body_bytes=0)
    client("POST /v2/users", data=b'{"uid":"ann"}')

    first, second = client.control("GET ledger")["requests"]
    assert first["body"] == '{"uid'
    assert "body" not in second


def test_all_changes_are_made_or_none():
    settings = Settings()

    with pytest.raises(UnknownSettingError, match="no setting colour"):
        change(settings, {"page_size": 5, "colour": "red"})
    assert settings == Settings()


@pytest.mark.parametrize("value", ["often", None, [1]])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(UnknownSettingError, match="page_size"):
        change(Settings(), {"page_size": value})


def test_every_setting_can_be_given_as_text():
    settings = Settings()
    change(settings, {each.name: str(getattr(settings, each.name)) for each in fields(settings)})

    assert settings == Settings()


def test_a_wrong_setting_stops_the_start_with_a_sentence():
    started = subprocess.run(
        [sys.executable, "-m", "fsdest.sandbox", "--port", "0", "--setting", "colour=red"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (started.returncode, started.stderr) == (2, "There is no setting colour.\n")
