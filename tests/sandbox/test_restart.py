"""What outlives the sandbox: the ledger always, all else with --state."""

import json

from fsdest.sandbox.ledger import Ledger

JOBS = "/v2/users/batch"


def kill(sandbox):
    sandbox.process.kill()
    sandbox.process.wait(10)


def test_with_a_state_file_a_killed_sandbox_remembers_all_it_answered(start, tmp_path):
    file = str(tmp_path / "state")
    first = start("--state", file, "--setting", "job_s=0", "--setting", "deletion_s=60")
    client = first.client
    body = {"uid": "ann", "properties": {"plan": "paid"}, "schema": {"properties": {"plan": "str"}}}
    id = client("POST /v2/users", body, key="k1").json()["id"]
    anonymous = client("POST /v2/users", {}).json()["id"]
    client(f"POST /v2/users/{anonymous}", {"uid": "ann", "email": "a@x"})
    client("POST /v2/users", {"uid": "leaving"})
    client("DELETE /v2/users?uid=leaving")
    job = client(f"POST {JOBS}", {"requests": [{"uid": "b"}, {"uid": ""}]}).json()["job"]
    path = f"{JOBS}/{job['id'].replace('=', '%3D')}"
    client.finish(path)
    client("POST /v2/events", {"name": "E", "user": {"uid": "ann"}})
    hook = {"url": "https://a.example", "event_types": [{"event_name": "note.created"}]}
    client("POST /webhooks/v1/endpoints", hook)
    client.control("POST sessions", {"uid": "ann", "id": "1:1"})
    seen = [f"GET {path}", f"GET {path}/imports", f"GET {path}/errors", f"GET /v2/users/{id}",
            f"GET /v2/users/{anonymous}?include_schema=true", "GET /v2/users",
            "GET /webhooks/v1/endpoints", "GET /sessions/v2?uid=ann"]  # fmt: skip
    before = {line: client(line).json() for line in seen}
    counts = client.control("GET state")
    kill(first)

    again = start("--state", file).client
    assert {line: again(line).json() for line in seen} == before
    assert again("POST /v2/users", body, key="k1").json() == {"id": id}
    after = again.control("GET state")
    for name in ("users", "events", "jobs", "webhooks", "idempotency_keys"):
        assert after[name] == counts[name], name


def test_a_job_that_was_killed_midway_begins_again(start, tmp_path):
    file = str(tmp_path / "state")
    first = start("--state", file, "--setting", "job_s=3600")
    job = first.client(f"POST {JOBS}", {"requests": [{"uid": "a"}]}).json()["job"]
    kill(first)

    again = start("--state", file, "--setting", "job_s=0").client
    status = again.finish(f"{JOBS}/{job['id'].replace('=', '%3D')}")
    assert (status["imports"], status["job"]["created"]) == (1, job["created"])


def test_without_a_state_file_it_forgets(start, tmp_path):
    first = start("--ledger", str(tmp_path / "ledger"))
    first.client("POST /v2/users", {"uid": "ann"}, key="k1")
    first.stop()

    again = start("--ledger", str(tmp_path / "ledger")).client
    assert again.control("GET state")["users"] == 0


def test_a_reset_empties_the_state_file_too(start, tmp_path):
    file = tmp_path / "state"
    first = start("--state", str(file))
    first.client("POST /v2/users", {"uid": "ann"})
    first.client.control("POST reset")
    first.client("POST /v2/users", {"uid": "bob"})
    first.stop()

    again = start("--state", str(file)).client
    assert again.control("GET uids")["uids"] == ["bob"]


def test_a_state_file_full_of_old_lines_is_written_anew(start, tmp_path):
    file = tmp_path / "state"
    line = {"line": "user", "id": "1", "uid": "ann", "display_name": None, "email": None,
            "properties": {"n": 1}, "schema": None, "gone_at": 0}  # fmt: skip
    file.write_text((json.dumps(line) + "\n") * 20_001 + '{"line":"us')

    client = start("--state", str(file)).client
    assert client.control("GET users?uid=ann")["users"][0]["properties"] == {"n": 1}
    assert file.read_bytes().count(b"\n") == 1
    client("POST /v2/users", {"uid": "bob"})
    assert file.read_bytes().count(b"\n") == 2


def test_the_ledger_goes_on_where_a_killed_sandbox_left_it(start, tmp_path):
    path = str(tmp_path / "ledger")
    first = start("--ledger", path)
    first.client("POST /v2/users", {"uid": "ann"}, key="k1")
    first.client.play("cut_after")
    kill(first)

    again = start("--ledger", path).client
    again("POST /v2/users", {"uid": "bob"}, key="k2")
    requests = again.control("GET ledger")["requests"]
    assert [(each["seq"], each["idempotency_key"], each["status"]) for each in requests] == [
        (1, "k1", 200),
        (2, "k2", 200),
    ]
    assert [each["uid"] for each in again.effects()] == ["ann", "bob"]
    assert [each["seq"] for each in again.control("GET ledger?since=1")["requests"]] == [2]


def test_no_key_is_in_the_ledger(start, tmp_path):
    path = tmp_path / "ledger"
    start("--ledger", str(path)).client("GET /me", headers={"Cookie": "secret=1"})

    written = path.read_text()
    assert "/me" in written
    assert "na1." not in written
    assert "secret" not in written


def test_a_line_that_was_cut_short_is_dropped(tmp_path):
    path = tmp_path / "ledger"
    ledger = Ledger(path)
    ledger.received({"path": "/me"})
    with path.open("ab") as file:
        file.write(b'{"line":"requ')

    again = Ledger(path)
    assert again.received({"path": "/v2/users"}) == 2
    assert [each["path"] for each in again.read_requests()] == ["/me", "/v2/users"]
