"""Every fault, seen from a plain requests client."""

import gzip
import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

README = Path(__file__).parents[2] / "fsdest" / "sandbox" / "README.md"
USER = {"uid": "ann"}
CREATE = "POST /v2/users"


@pytest.fixture
def aside():
    """Do calls in the background: `aside(client, ...)` returns their future."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


def written(client):
    return client.control("GET uids")["uids"]


def test_a_status_comes_with_its_headers_and_body_and_nothing_is_done(client):
    client.play("status", status=418, headers={"X-Why": "tea"}, body={"message": "short"})

    reply = client(CREATE, USER)
    assert (reply.status_code, reply.headers["X-Why"]) == (418, "tea")
    assert reply.json() == {"message": "short"}
    assert written(client) == []


def test_a_status_is_also_given_where_there_is_nothing(client):
    client.play("status", status=200, body={"done": True}, route="* /elsewhere*")

    assert client("PUT /elsewhere/1", USER).json() == {"done": True}
    assert client("PUT /nowhere", USER).status_code == 404


def test_a_status_without_a_body_has_fullstorys_own(client):
    client.play("status", status=429, headers={"Retry-After": "9"})

    reply = client(CREATE, USER)
    assert (reply.json()["code"], reply.headers["Retry-After"]) == ("too_many_requests", "9")


def test_a_text_body_is_sent_as_it_is(client):
    client.play("status", status=503, body="<h1>no</h1>", headers={"Content-Type": "text/html"})

    reply = client(CREATE, USER)
    assert (reply.text, reply.headers["Content-Type"]) == ("<h1>no</h1>", "text/html")


def test_a_delay_comes_before_the_work(client, aside, wait_until):
    client.play("delay", delay_s=0.3)
    reply = aside(client, CREATE, USER)
    wait_until(lambda: client.control("GET ledger")["requests"])

    assert written(client) == []
    assert reply.result().elapsed.total_seconds() >= 0.3
    assert written(client) == ["ann"]


def test_a_delayed_reply_comes_after_the_work(client, aside, wait_until):
    client.play("delay_reply", delay_s=0.3)
    reply = aside(client, CREATE, USER)

    wait_until(lambda: written(client) == ["ann"])
    assert not reply.done()
    assert reply.result().status_code == 200


def test_a_client_that_waits_too_short_times_out_though_the_work_is_done(client, wait_until):
    client.play("delay_reply", delay_s=0.5)

    with pytest.raises(requests.ReadTimeout):
        client(CREATE, USER, timeout=0.1)
    wait_until(lambda: written(client) == ["ann"])


def test_a_drip_outlives_a_read_timeout(client):
    client.play("drip", delay_s=0.02, piece_bytes=1)

    started = time.monotonic()
    reply = client(CREATE, USER, timeout=0.2)
    assert time.monotonic() - started > 0.3
    assert reply.json()["id"]


def test_a_cut_before_the_work_leaves_nothing(client):
    client.play("cut_before")

    with pytest.raises(requests.ConnectionError):
        client(CREATE, USER)
    assert written(client) == []
    [request] = client.control("GET ledger")["requests"]
    assert (request["path"], request["status"]) == ("/v2/users", None)


def test_a_cut_after_the_work_leaves_it_done_and_a_repeat_replays_it(client):
    client.play("cut_after", times=1)

    with pytest.raises(requests.ConnectionError):
        client(CREATE, USER, key="k1")
    assert written(client) == ["ann"]
    again = client(CREATE, USER, key="k1")
    assert again.json()["id"] == client.effects()[0]["id"]
    assert len(client.effects()) == 1


def test_a_cut_midway_is_a_body_that_ends_too_soon(client):
    client.play("cut_midway")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client(CREATE, USER)
    assert written(client) == ["ann"]


def test_truncated_json_is_a_whole_reply_that_can_not_be_read(client):
    client.play("truncate")

    reply = client(CREATE, USER)
    assert reply.status_code == 200
    assert int(reply.headers["Content-Length"]) == len(reply.content)
    with pytest.raises(requests.JSONDecodeError):
        reply.json()


def test_html_comes_with_200(client):
    client.play("html")

    reply = client(CREATE, USER)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<html>" in reply.text


def test_a_wrong_content_type_has_the_right_body(client):
    client.play("content_type", content_type="image/png")

    reply = client(CREATE, USER)
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.json()["id"]


def test_an_oversize_body_is_as_long_as_it_says(client):
    client.play("oversize", size_bytes=3_000_000)

    reply = client(CREATE, USER)
    assert len(reply.content) == 3_000_000
    assert json.loads(reply.content).keys() == {"padding"}


def test_a_gzip_bomb_is_small_on_the_wire(client):
    client.play("gzip_bomb", size_bytes=20_000_000)

    reply = client(CREATE, USER, stream=True)
    packed = reply.raw.read(decode_content=False)
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 100_000
    assert len(gzip.decompress(packed)) == 20_000_000


def test_a_refused_connection_opens_again_by_itself(client, wait_until):
    client.play("refuse", for_s=0.4, times=1)

    with pytest.raises(requests.ConnectionError):
        client(CREATE, USER)
    with pytest.raises(requests.ConnectionError, match="refused"):
        client("GET /me")
    wait_until(lambda: answers(client))
    assert client(CREATE, USER).status_code == 200


def answers(client):
    try:
        return client("GET /me").ok
    except requests.ConnectionError:
        return False


def test_a_barrier_holds_a_call_until_it_is_released(client, aside, wait_until):
    client.play("barrier")
    held: list[Future] = [aside(client, CREATE, {"uid": uid}) for uid in ("ann", "bob")]
    wait_until(lambda: client.control("GET state")["held"] == 2)

    assert written(client) == []
    assert client.control("POST barrier/release") == {"released": 2}
    assert [each.result().status_code for each in held] == [200, 200]


def test_a_second_call_under_a_key_that_is_at_work_is_409(client, aside, wait_until):
    client.play("barrier", times=1)
    first = aside(client, CREATE, USER, key="k1")
    wait_until(lambda: client.control("GET state")["held"])

    second = client(CREATE, USER, key="k1")
    client.control("POST barrier/release")
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    assert client(CREATE, USER, key="k1").json() == first.result().json()


def test_a_barrier_after_the_work_holds_the_reply(client, aside, wait_until):
    client.play("barrier_reply")
    reply = aside(client, CREATE, USER)
    wait_until(lambda: client.control("GET state")["held"])

    assert written(client) == ["ann"]
    client.control("POST barrier/release")
    assert reply.result().status_code == 200


LIMITS = {
    "route": ({"route": "POST /v2/users"}, [500, 200, 500, 500]),
    "nth": ({"nth": 2}, [200, 500, 200, 200]),
    "every": ({"every": 2}, [200, 500, 200, 500]),
    "times": ({"times": 3}, [500, 500, 500, 200]),
    "route and nth": ({"route": "POST *", "nth": 3}, [200, 200, 200, 500]),
    "key": ({"key": "na1.standard.*"}, [200, 500, 200, 200]),
    "idempotency_key": ({"idempotency_key": "k-c"}, [200, 200, 500, 200]),
    "contains": ({"contains": '"bad'}, [200, 200, 200, 500]),
    "none": ({}, [500, 500, 500, 500]),
    "later": ({"after_s": 60}, [200, 200, 200, 200]),
}


@pytest.mark.parametrize(("limit", "statuses"), LIMITS.values(), ids=LIMITS)
def test_a_fault_meets_only_the_calls_it_is_limited_to(client, limit, statuses):
    client.play("status", **limit)

    calls = [
        client(CREATE, USER),
        client.as_("standard")("GET /me"),
        client(CREATE, USER, key="k-c"),
        client(CREATE, {"uid": "bad"}),
    ]
    assert [each.status_code for each in calls] == statuses


def test_a_fault_may_meet_a_share_of_the_calls(client):
    client.play("status", share=0.3, seed=7)

    failed = sum(client("GET /me").status_code == 500 for _ in range(200))
    assert 40 <= failed <= 80
    [fault] = client.control("GET faults")["faults"]
    assert (fault["met"], fault["played"]) == (200, failed)


def test_a_fault_ends_with_its_time(client, wait_until):
    client.play("status", for_s=0.2)

    assert client("GET /me").status_code == 500
    wait_until(lambda: client("GET /me").status_code == 200)


def test_a_fault_is_removed_without_a_restart(client):
    client.play("status", status=500)
    client.play("status", status=503)
    first = client.control("GET faults")["faults"][0]["id"]

    assert client("GET /me").status_code == 500
    client.control(f"DELETE faults/{first}")
    assert client("GET /me").status_code == 503
    client.control("DELETE faults")
    assert client("GET /me").status_code == 200


@pytest.mark.parametrize(("status", "again"), [(500, 500), (400, 400), (429, 200), (503, 200)])
def test_a_faulted_reply_is_replayed_as_fullstorys_own_would_be(client, status, again):
    client.play("status", status=status, times=1)

    assert client(CREATE, USER, key="k1").status_code == status
    assert client(CREATE, USER, key="k1").status_code == again


def test_a_faulted_reply_may_be_forgotten(client):
    client.play("status", status=500, times=1, saved=False)

    assert client(CREATE, USER, key="k1").status_code == 500
    assert client(CREATE, USER, key="k1").status_code == 200


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "nothing"}, "kind is one of"),
        ({"status": 500}, "a kind"),
        ({"kind": "status", "colour": "red"}, "no colour"),
        ({"kind": "status", "times": "3"}, "times is of type int"),
        ({"kind": "refuse"}, "needs for_s"),
    ],
)
def test_a_fault_that_can_not_be_played_is_refused_with_the_reason(client, fault, says):
    reply = client.session.post(f"{client.url}/_sandbox/faults", json=fault, timeout=5)

    assert reply.status_code == 400
    assert says in reply.json()["message"]


def test_faults_never_meet_the_control_interface(client):
    client.play("status", route="*")

    assert client.session.get(f"{client.url}/healthz", timeout=5).status_code == 200
    assert client.control("GET state")["faults"] == 1


def test_every_kind_of_fault_is_documented(client):
    listed = client.session.post(f"{client.url}/_sandbox/faults", json={"kind": ""}, timeout=5)
    kinds = listed.json()["message"].removeprefix("kind is one of ").rstrip(".").split(", ")
    readme = README.read_text()

    assert [kind for kind in kinds if f"`{kind}`" not in readme] == []


def test_a_sandbox_stops_at_once_though_calls_are_held(start, aside, wait_until):
    sandbox = start()
    sandbox.client.play("barrier")
    held = aside(sandbox.client, CREATE, USER)
    wait_until(lambda: sandbox.client.control("GET state")["held"])

    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        held.result()
