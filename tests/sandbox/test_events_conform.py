"""Events, webhooks and what a source reads: a row for each documented fact, with its section."""

import pytest

from fsdest.sandbox.things import endpoint_id

JOB = {"id": str, "status": "PROCESSING", "created": str}
FORBIDDEN = {"message": "insufficient permissions", "code": "forbidden"}
NOT_FOUND = {"message": "Requested resource does not exist", "code": "resource_not_found"}
INVALID = {"message": str, "code": "invalid_argument"}
URL = "https://example.com/fullstory-webhooks"
ENDPOINT = {
    "id": "aHR0cHM6Ly9leGFtcGxlLmNvbS9mdWxsc3Rvcnktd2ViaG9va3M",
    "created": str,
    "modified": str,
    "enabled": bool,
    "url": URL,
    "eventTypes": [{"eventName": "note.created"}],
}
OPERATION = {"id": str, "type": "DELETE_USER", "state": "COMPLETED", "details": {"uid": "gone"},
             "results": dict, "errorDetails": "", "createdAt": str, "finishedAt": str,
             "estimatePctComplete": 100}  # fmt: skip
NOTE = [{"event_name": "note.created"}]
WEB = "POST /webhooks/v1/endpoints"
TYPES = "GET /webhooks/v1/event-types"
READ = {"role": "standard", "status": 403, "shape": FORBIDDEN}


def event(status=200, shape=None, **body):
    shape = ({} if status == 200 else INVALID) if shape is None else shape
    return {"body": {"name": "E"} | body, "status": status, "shape": shape}


def hook(url, status=200, shape=..., **body):
    return {"body": {"url": url, "event_types": NOTE} | body, "status": status, "shape": shape}


FACTS = [
    # One event
    ("4.1", "the answer is empty", "POST /v2/events", event(properties={"a": 1})),
    ("4.1", "a standard key may create", "POST /v2/events", event() | {"role": "standard"}),
    ("4.1", "a name is required", "POST /v2/events",
     {"body": {}, "status": 400,
      "shape": {"message": "events must have a non-empty name", "code": "invalid_argument"}}),
    ("4.1", "an empty name", "POST /v2/events", event(400, name="")),
    ("4.1", "an ISO time", "POST /v2/events", event(timestamp="2022-03-15T14:23:23Z")),
    ("4.1", "with an offset", "POST /v2/events", event(timestamp="2022-03-15T14:23:23.5+01:00")),
    ("4.1", "no time at all", "POST /v2/events", event(400, timestamp="yesterday")),
    ("4.1", "the four contexts", "POST /v2/events",
     event(context={"browser": {"url": "https://a"}, "mobile": {}, "device": {}, "location": {}})),
    ("4.1", "there is no web context", "POST /v2/events", event(400, context={"web": {}})),
    ("4.1", "property rules are those of users", "POST /v2/events",
     event(400, properties={"a": [{"b": 1}]})),
    ("4.1", "a user by uid", "POST /v2/events", event(user={"uid": "ann"})),
    ("4.1", "a user by an unknown id", "POST /v2/events",
     event(404, {"message": str, "code": "user_not_found"}, user={"id": "1"})),
    ("4.1", "uid and id", "POST /v2/events", event(400, user={"uid": "a", "id": "1"})),
    ("4.1", "a uid of 257", "POST /v2/events", event(400, user={"uid": "u" * 257})),
    ("4.1", "a session by id", "POST /v2/events", event(session={"id": "1:2"})),
    ("4.1", "a session by uid", "POST /v2/events", event(session={"uid": "s"})),
    ("4.1", "the most recent session of a user", "POST /v2/events",
     event(user={"uid": "ann"}, session={"use_most_recent": True})),
    ("4.1", "of nobody", "POST /v2/events", event(400, session={"use_most_recent": True})),
    ("4.1", "a session and a user", "POST /v2/events",
     event(400, session={"id": "1:2"}, user={"uid": "ann"})),
    ("4.1", "a session and the most recent", "POST /v2/events",
     event(400, session={"id": "1:2", "use_most_recent": True})),
    ("4.1", "a full session", "POST /v2/events",
     event(400, {"message": str, "code": "session_page_limit_exceeded"}, session={"id": "9:9"})),
    # Batches
    ("4.2", "accepted with 200", "POST /v2/events/batch",
     {"body": {"requests": [{"name": "E"}]}, "shape": {"job": JOB}}),
    ("4.2", "shared.context must be a context", "POST /v2/events/batch",
     {"body": {"requests": [{"name": "E"}], "shared": {"context": {"web": {}}}}, "status": 400}),
    ("4.3", "its status", "GET /v2/events/batch/{mixed}",
     {"shape": {"imports": 1, "errors": 2, "job": {"status": "FAILED", ...: ...}}}),
    ("4.3", "its imports", "GET /v2/events/batch/{mixed}/imports",
     {"shape": {"results": [{"user": {"id": str, "uid": "ann"}, "name": "E", "timestamp": str,
                             "context": {"location": {"country": "US"}}, "properties": {}}],
                "total_records": "1"}}),
    ("4.3", "its errors show the event, and shared where it matters",
     "GET /v2/events/batch/{mixed}/errors",
     {"shape": {"results": [{"message": str, "code": "invalid_parameter", "event": dict, ...: ...}],
                "total_records": "2"}}),
    ("4.3", "a job of users is no job of events", "GET /v2/events/batch/{users}", {"status": 404}),
    # Webhooks
    ("5", "not for a standard key", "GET /webhooks/v1/endpoints", READ),
    ("5.1", "created, in camelCase, without the secret", WEB,
     hook("https://a.example/1", shape=ENDPOINT | {"id": str, "url": str}, secret="s")),
    ("5.1", "camelCase is understood too", WEB,
     {"body": {"url": "https://a.example/2", "eventTypes": [{"eventName": "note.created"}]}}),
    ("5.1", "a url is required", WEB, {"body": {"event_types": NOTE}, "status": 400}),
    ("5.1", "types are required", WEB, {"body": {"url": URL}, "status": 400}),
    ("5.1", "http or https", WEB, hook("ftp://a.example", 400, INVALID)),
    ("11", "a url twice", WEB, hook(URL, 409, {"message": str, "code": "already_exists"})),
    ("11", "an unknown type", WEB,
     hook("https://a.example/3", 400, INVALID, event_types=[{"event_name": "x"}])),
    ("5.1", "a subcategory is required where there are some", WEB,
     hook("https://a.example/3", 400, INVALID, event_types=[{"event_name": "metric.alert"}])),
    ("5.1", "get; the id is the url in base64url", "GET /webhooks/v1/endpoints/" + ENDPOINT["id"],
     {"shape": ENDPOINT}),
    ("5.1", "an unknown endpoint", "GET /webhooks/v1/endpoints/x",
     {"status": 404, "shape": NOT_FOUND}),
    ("5.1", "update is a POST", "PUT /webhooks/v1/endpoints/{hook}", {"status": 405}),
    ("5.1", "list, a page at a time", "GET /webhooks/v1/endpoints?limit=1",
     {"shape": {"endpoints": [{"id": str, ...: ...}], "nextPaginationToken": str}}),
    ("5.1", "a limit above 100", "GET /webhooks/v1/endpoints?limit=101", {"status": 400}),
    ("5.1", "event types, with a hyphen", "GET /webhooks/v1/event-types",
     {"shape": {"eventDefs": [{"eventName": str, "displayName": str, "hasSubcategories": bool}]}}),
    ("9.2", "not with an underscore", "GET /webhooks/v1/event_types", {"status": 404}),
    ("5.1", "subcategories", TYPES + "/segment.trend.alert/subcategories?limit=1",
     {"shape": {"subcategoryDefs": [{"subcategory": str, "displayName": str}],
                "nextPaginationToken": str}}),
    ("5.1", "a type without subcategories",
     TYPES + "/note.created/subcategories", {"shape": {"subcategoryDefs": []}}),
    # The rest
    ("7", "the v1 deletion names an operation", "DELETE /users/v1/individual/v1user",
     {"shape": {"id": str}}),
    ("7", "an operation", "GET /operations/v1/{operation}", {"shape": OPERATION}),
    ("7", "operations", "GET /operations/v1?state=COMPLETED&type=DELETE_USER&limit=1",
     {"shape": {"operations": [OPERATION | {"details": dict}], ...: ...}}),
    ("7", "an unknown state", "GET /operations/v1?state=RUNNING", {"status": 400}),
    ("7", "not for a standard key", "GET /operations/v1", READ),
    ("7", "segments", "GET /segments/v1?limit=1",
     {"shape": {"segments": [{"id": str, "name": str, "created": str, "creator": str, "url": str}],
                "nextPaginationToken": str}}),
    ("7", "an export of a segment", "POST /segments/v1/exports",
     {"body": {"segmentId": "everyone", "type": "TYPE_EVENT", "format": "FORMAT_JSON"},
      "shape": {"operationId": str}}),
    ("7", "sessions of a user, times as text", "GET /sessions/v2?uid=ann",
     {"shape": {"sessions": [{"userId": str, "sessionId": "1:2", "createdTime": str,
                              "fsUrl": str}]}}),
    ("7", "by email", "GET /v2/sessions?email=ann%40example.com",
     {"shape": {"sessions": [{"sessionId": "1:2", ...: ...}]}}),
]  # fmt: skip


@pytest.fixture(scope="module")
def names(running):
    """The world of the table."""
    client = running.client
    client.control("POST reset")
    client.set(job_s=0, deletion_s=60, page_size=100, full_session="9:9")
    ann = client("POST /v2/users", {"uid": "ann", "email": "ann@example.com"}).json()["id"]
    for uid in ("gone", "v1user"):
        client("POST /v2/users", {"uid": uid})
    client.control("POST sessions", {"uid": "ann", "id": "1:2"})
    operation = client("DELETE /users/v1/individual/gone").json()["id"]
    hook = client(WEB, {"url": URL, "event_types": NOTE}).json()["id"]
    requests = [
        {"name": "E", "user": {"uid": "ann"}},
        {"name": "E", "context": {"device": {"model": "Y"}}},
        {"name": ""},
    ]
    shared = {"context": {"location": {"country": "US"}}}
    mixed = client("POST /v2/events/batch", {"requests": requests, "shared": shared})
    users = client("POST /v2/users/batch", {"requests": [{"uid": "b"}]})
    names = {"ann": ann, "operation": operation, "hook": hook}
    for name, reply in (("mixed", mixed), ("users", users)):
        names[name] = reply.json()["job"]["id"].replace("=", "%3D")
    client.finish(f"/v2/events/batch/{names['mixed']}")
    return names


def test_the_sandbox_answers_as_fullstory_documents(fact, running, names, check):
    check(fact, running.client, names)


def test_an_event_for_an_unknown_uid_creates_the_user(client):
    client("POST /v2/events", {"name": "E", "user": {"uid": "new"}})

    assert client.control("GET uids")["uids"] == ["new"]
    assert [each["kind"] for each in client.effects()] == ["event.created"]


def test_an_event_that_names_nobody_is_a_new_anonymous_users(client):
    client("POST /v2/events", {"name": "E"})

    state = client.control("GET state")
    assert (state["users"], state["identified_users"], state["events"]) == (1, 0, 1)


def test_an_event_joins_the_most_recent_session_of_its_user(client):
    for session in ("1:1", "1:2"):
        client.control("POST sessions", {"uid": "ann", "id": session})

    client("POST /v2/events", {"name": "E", "user": {"uid": "ann"},
                               "session": {"use_most_recent": True}})  # fmt: skip
    [event] = client.control("GET events")["events"]
    assert event["session"] == {"id": "1:2"}


def test_an_update_that_does_not_say_disabled_enables_an_endpoint(client):
    path = f"{WEB}/{client(WEB, {'url': URL, 'event_types': NOTE}).json()['id']}"

    assert client(path, {"disabled": True}).json()["enabled"] is False
    kept = client(path, {"secret": "new"}).json()
    assert (kept["enabled"], kept["eventTypes"]) == (True, [{"eventName": "note.created"}])


def test_another_url_is_another_id(client):
    made = client(WEB, {"url": URL, "event_types": NOTE}).json()["id"]
    moved = client(f"{WEB}/{made}", {"url": "https://b.example"}).json()

    assert moved["id"] == endpoint_id("https://b.example") != made
    assert client(f"GET /webhooks/v1/endpoints/{made}").status_code == 404
    assert client(f"DELETE /webhooks/v1/endpoints/{moved['id']}").json() == {}
    assert client("GET /webhooks/v1/endpoints").json() == {"endpoints": []}
