"""Users one at a time, as a connector meets them."""

import hashlib


def test_a_user_is_written_once_under_one_key(client):
    first = client("POST /v2/users", {"uid": "ann"}, key="k1")
    again = client("POST /v2/users", {"uid": "ann"}, key="k1")

    assert first.json() == again.json()
    assert len(client.effects(uid="ann")) == 1
    assert [each["path"] for each in client.control("GET ledger")["requests"]] == ["/v2/users"] * 2


def test_another_body_under_the_same_key_is_refused(client):
    client("POST /v2/users", {"uid": "ann"}, key="k1")
    other = client("POST /v2/users", {"uid": "bob"}, key="k1")

    assert (other.status_code, other.json()["code"]) == (400, "invalid_argument")
    assert client.control("GET uids")["uids"] == ["ann"]


def test_the_order_of_fields_does_not_make_another_body(client):
    first = client("POST /v2/users", key="k1", data=b'{"uid":"ann","email":"a@x"}')
    again = client("POST /v2/users", key="k1", data=b'{"email":"a@x", "uid":"ann"}')

    assert (again.status_code, again.json()) == (200, first.json())


def test_an_anonymous_user_is_a_new_one_each_time_without_a_key(client):
    ids = {client("POST /v2/users", {}).json()["id"] for _ in range(3)}

    assert len(ids) == 3


def test_the_newest_value_of_a_property_wins_and_the_others_stay(client):
    client("POST /v2/users", {"uid": "ann", "properties": {"plan": "free", "at": {"x": 1, "y": 2}}})
    client("POST /v2/users", {"uid": "ann", "properties": {"plan": "paid", "at": {"y": 3}}})

    [user] = client("GET /v2/users?uid=ann").json()["results"]
    assert user["properties"] == {"plan": "paid", "at": {"x": 1, "y": 3}}


def test_an_anonymous_user_whose_new_uid_is_known_becomes_that_user(client):
    known = client("POST /v2/users", {"uid": "ann", "email": "a@x"}).json()["id"]
    stranger = client("POST /v2/users", {"display_name": "Ann"}).json()["id"]

    assert client(f"POST /v2/users/{stranger}", {"uid": "ann"}).json() == {"id": known}
    for id in (known, stranger):
        found = client(f"GET /v2/users/{id}").json()
        assert (found["id"], found["uid"], found["email"]) == (known, "ann", "a@x")
    assert client("GET /v2/users").json()["total_records"] == "1"


def test_an_effect_names_its_request_key_and_digest(client):
    body = b'{"uid":"ann"}'
    client("POST /v2/users", data=body, key="k1")

    [effect] = client.effects()
    assert effect["kind"] == "user.created"
    assert effect["idempotency_key"] == "k1"
    assert effect["digest"] == hashlib.sha256(body).hexdigest()
    assert effect["request"] == client.control("GET ledger")["requests"][0]["seq"]


def test_a_users_batch_reports_what_failed_and_why(client):
    items = [{"uid": "ann"}, {"uid": "", "properties": {"plan": "x"}}, {"uid": "bob"}]
    job = client("POST /v2/users/batch", {"requests": items}).json()["job"]

    path = f"/v2/users/batch/{job['id'].replace('=', '%3D')}"
    status = client.finish(path)
    failed = client(f"GET {path}/errors").json()
    assert (status["imports"], status["errors"], status["job"]["status"]) == (2, 1, "FAILED")
    assert failed["total_records"] == "1"
    assert failed["results"] == [
        {
            "message": "The provided uid parameter can not be empty",
            "code": "invalid_parameter",
            "user": items[1],
        }
    ]


def test_50_000_users_are_taken_while_others_are_answered(client, wait_until):
    items = [{"uid": f"u{n}", "properties": {"plan": "paid", "n": n}} for n in range(50_000)]
    job = client("POST /v2/users/batch", {"requests": items}).json()["job"]

    waits = []
    while client.control("GET state")["jobs_in_progress"]:
        waits.append(client("GET /me").elapsed.total_seconds())
    assert client(f"GET /v2/users/batch/{job['id']}").json()["imports"] == 50_000
    assert max(waits, default=0) < 0.5
