"""Fast mode: for measuring. It stores the same, and writes down less."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fast(start):
    return start("--fast", "--setting", "job_s=0").client


def test_users_of_a_batch_are_there_when_they_are_asked_for(fast):
    items = [{"uid": f"u{n}", "properties": {"n": n}} for n in range(500)]
    job = fast("POST /v2/users/batch", {"requests": items}).json()["job"]
    path = f"/v2/users/batch/{job['id'].replace('=', '%3D')}"

    assert fast.finish(path)["imports"] == 500
    imports = fast(f"GET {path}/imports").json()
    assert (imports["total_records"], imports["results"][1]["uid"]) == ("500", "u1")
    assert fast.control("GET state")["users"] == 500


def test_what_comes_later_wins_over_a_batch_that_nobody_has_read(fast):
    fast("POST /v2/users/batch", {"requests": [{"uid": "ann", "properties": {"plan": "free"}}]})
    fast("POST /v2/users", {"uid": "ann", "properties": {"plan": "paid"}})

    [user] = fast("GET /v2/users?uid=ann").json()["results"]
    assert user["properties"] == {"plan": "paid"}


def test_what_can_not_be_stored_at_all_is_left_out(fast):
    items = [{"uid": 5}, {"uid": "ok", "properties": [1]}, {"uid": "ann"}]
    fast("POST /v2/users/batch", {"requests": items})

    assert fast.control("GET uids")["uids"] == ["ann"]
    assert fast("POST /v2/users", {"uid": 5}).status_code == 400


def test_the_ledger_has_no_bodies_and_no_digests(fast):
    fast("POST /v2/users", {"uid": "ann"}, key="k1")

    [request] = fast.control("GET ledger")["requests"]
    assert request.keys() == {"seq", "time", "method", "path", "idempotency_key", "bytes", "status"}
    assert fast.effects() == []


def test_idempotency_holds(fast):
    first = fast("POST /v2/users", {}, key="k1").json()

    assert fast("POST /v2/users", {}, key="k1").json() == first


def test_a_hundred_thousand_users_take_less_than_150_mb():
    """A tenth of what must fit into 1.5 GB; `bin/bench_sandbox --memory` measures the whole."""
    weighed = subprocess.run(
        [sys.executable, "-c", WEIGH], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(weighed.stdout) < 150


WEIGH = """
import resource
from fsdest.sandbox.people import People

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

people, before = People(), used()
for n in range(100_000):
    people.put({"uid": f"user-{n:09d}", "display_name": f"Invented Person {n}",
                "email": f"person.{n}@example.com",
                "properties": {"plan": "team", "seats": n, "city": "Frankfurt am Main",
                               "signed_up": "2024-03-15T14:23:23Z", "source": "newsletter"}})
print(used() - before)
"""
