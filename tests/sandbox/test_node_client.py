"""FullStory's own Node client, pinned, cannot tell the sandbox from the real thing."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "node"
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


@pytest.fixture(scope="module")
def seen(running, tmp_path_factory):
    """What the client saw on its journey, by the name of each step."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("Node and npm are not installed, so FullStory's own client was not run.")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "journey.cjs"):
        shutil.copy(HERE / name, folder)
    installed = subprocess.run(
        [npm, *INSTALL], cwd=folder, capture_output=True, text=True, timeout=50, check=False
    )
    if installed.returncode:
        pytest.skip(f"npm could not fetch FullStory's client: {installed.stderr[-200:]}")
    running.client.control("POST reset")
    running.client.set(job_s=0.1, page_size=100)
    running.client.play(
        "status", status=429, headers={"Retry-After": "7"}, key="na1.admin.limited*"
    )
    journey = subprocess.run(
        [node, "journey.cjs"],
        cwd=folder,
        env={**os.environ, "NODE_ENV": "test", "FS_API_HOST": running.client.url},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert journey.returncode == 0, journey.stderr
    seen = json.loads(journey.stdout)
    seen["ledger"] = running.client.control("GET ledger")["requests"]
    return seen


def test_it_sends_bodies_in_chunks_and_without_a_content_type(seen):
    first = seen["ledger"][0]

    assert first["headers"]["transfer-encoding"] == "chunked"
    assert "content-type" not in first["headers"]
    assert json.loads(first["body"])["uid"] == "ann"


def test_it_creates_updates_gets_and_lists_a_user(seen):
    assert seen["create"]["status"] == 200
    assert seen["update"] == {"status": 200, "body": seen["create"]["body"]}
    assert seen["get"]["body"]["properties"] == {"plan": "paid"}
    assert seen["get"]["body"]["schema"] == {"properties": {"plan": "str"}}
    [listed] = seen["list"]["body"]["results"]
    assert (listed["uid"], seen["list"]["body"]["total_records"]) == ("ann", "1")


def test_it_gets_the_same_reply_under_the_same_idempotency_key(seen):
    assert seen["again"] == seen["create"]
    assert seen["otherBody"]["status"] == 400


def test_it_deletes_by_id_and_by_uid(seen):
    assert seen["deleteByUid"] == {"status": 200, "body": {}}
    assert seen["deleteById"] == {"status": 200, "body": {}}
    assert seen["deleted"]["body"]["is_being_deleted"] is True


def test_it_creates_events_and_is_told_when_one_has_no_name(seen):
    assert seen["event"] == {"status": 200, "body": {}}
    assert seen["namelessEvent"]["body"]["code"] == "invalid_argument"
    assert "events must have a non-empty name" in seen["namelessEvent"]["body"]["message"]


@pytest.mark.parametrize(
    ("step", "status", "code"),
    [
        ("unknownKey", 401, "unauthorized"),
        ("standardMayNotRead", 403, "forbidden"),
        ("unknownId", 404, "user_not_found"),
        ("limited", 429, "too_many_requests"),
    ],
)
def test_it_is_refused_as_documented(seen, step, status, code):
    assert (seen[step]["status"], seen[step]["body"]["code"]) == (status, code)


def test_it_reads_how_long_to_wait(seen):
    assert seen["limited"]["retryAfter"] == 7_000  # ms
    assert seen["standardMayWrite"]["status"] == 200


def test_it_follows_a_users_batch_over_several_pages_to_done(seen):
    job = seen["users"]

    assert (job["ended"], job["status"]) == ("done", "COMPLETED")
    assert [each["uid"] for each in job["imported"]] == [f"u{n}" for n in range(250)]


def test_it_is_given_the_errors_of_a_users_batch(seen):
    job = seen["badUsers"]

    assert (job["ended"], job["status"]) == ("done", "FAILED")
    assert job["failed"] == [
        {
            "message": "The provided uid parameter can not be empty",
            "code": "invalid_parameter",
            "user": {"uid": "", "properties": {"rewards_status": "silver"}},
        }
    ]


def test_it_follows_an_events_batch_to_done_and_to_failure(seen):
    good, bad = seen["events"], seen["badEvents"]

    assert (good["ended"], good["status"]) == ("done", "COMPLETED")
    assert [each["name"] for each in good["imported"]] == ["A", "B"]
    assert good["imported"][0]["context"] == {"location": {"country": "US"}}
    assert (bad["ended"], bad["status"]) == ("done", "FAILED")
    assert bad["failed"][0]["event"]["name"] == "A"
    assert bad["failed"][0]["shared"] == {"context": {"location": {"country": "US"}}}
