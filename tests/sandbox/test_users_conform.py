"""Users and keys: a row for each documented fact, with the section of the API notes it is in."""

import pytest

ID, JOB = {"id": str}, {"id": str, "status": "PROCESSING", "created": str}
UNAUTHORIZED = {"message": "access is unauthorized", "code": "unauthorized"}
FORBIDDEN = {"message": "insufficient permissions", "code": "forbidden"}
NOT_FOUND = {"message": "Requested resource does not exist", "code": "resource_not_found"}
NO_USER = {"message": "User with that ID does not exist", "code": "user_not_found"}
INVALID = {"message": str, "code": "invalid_argument"}
ANN = {
    "id": str,
    "uid": "ann",
    "display_name": "Ann",
    "email": "ann@example.com",
    "properties": {"plan": "paid", "total": 14.55, "seats": 2},
    "schema": None,
    "type_conflicts": None,
    "is_being_deleted": False,
    "app_url": str,
}
TYPES = {"plan": "str", "total": "real", "seats": "int"}
READ = {"role": "standard", "status": 403, "shape": FORBIDDEN}


def user(status=200, shape=ID, **body):
    return {"body": {"uid": "u"} | body, "status": status, "shape": shape}


def bad(**body):
    return user(400, INVALID, **body)


FACTS = [
    # Keys
    ("1.2", "no key is 401", "GET /me", {"headers": {"Authorization": ""}, "status": 401}),
    ("1.2", "an unknown key is 401", "GET /me",
     {"headers": {"Authorization": "Basic na1.stranger"}, "status": 401, "shape": UNAUTHORIZED}),
    ("1.2", "a key in base64 is unknown", "GET /me",
     {"headers": {"Authorization": "Basic bmExLmFkbWluLng6"}, "status": 401}),
    ("1.2", "Bearer is not documented", "GET /me",
     {"headers": {"Authorization": "Bearer na1.admin.x"}, "status": 401}),
    ("1.3", "a standard key may create", "POST /v2/users", user() | {"role": "standard"}),
    ("1.3", "a standard key may create a batch", "POST /v2/users/batch",
     {"role": "standard", "body": {"requests": [{"uid": "u"}]}, "shape": {"job": JOB}}),
    ("1.3", "a standard key may see a batch's status", "GET /v2/users/batch/{done}",
     {"role": "standard"}),
    ("1.3", "a standard key may not list", "GET /v2/users", READ),
    ("1.3", "a standard key may not get", "GET /v2/users/{ann}", READ),
    ("1.3", "a standard key may not delete", "DELETE /v2/users/{ann}", READ),
    ("1.3", "a standard key may not delete by uid", "DELETE /v2/users?uid=ann", READ),
    ("1.3", "a standard key may not see imports", "GET /v2/users/batch/{done}/imports", READ),
    ("1.3", "a standard key may not see errors", "GET /v2/users/batch/{done}/errors", READ),
    ("1.3", "an architect may delete", "DELETE /v2/users/{leaving}",
     {"role": "architect", "shape": {}}),
    ("1.4", "/me tells role and organization in camelCase", "GET /me",
     {"shape": {"email": str, "orgId": "ACME", "role": "ADMIN"}}),
    ("1.4", "/me of a standard key", "GET /me",
     {"role": "standard", "shape": {"email": str, "orgId": "ACME", "role": "USER"}}),
    ("1.4", "/me of an architect", "GET /me",
     {"role": "architect", "shape": {"email": str, "orgId": "ACME", "role": "ARCHITECT"}}),
    ("1.5", "a body needs no Content-Type", "POST /v2/users",
     {"body": b'{"uid":"plain"}', "headers": {"Content-Type": ""}, "shape": ID}),
    # Errors
    ("1.7", "an unknown path is 404", "GET /v2/nothing", {"status": 404, "shape": NOT_FOUND}),
    ("1.7", "a wrong method is 405", "PUT /v2/users",
     {"status": 405, "shape": {"message": str, "code": "method_not_allowed"}}),
    ("2", "PATCH of a user does not exist", "PATCH /v2/users/{ann}", {"status": 405}),
    ("11", "malformed JSON is 400", "POST /v2/users",
     {"body": b"{", "status": 400, "shape": INVALID}),
    ("11", "a list is no user", "POST /v2/users", {"body": [], "status": 400, "shape": INVALID}),
    ("11", "/v2beta is an alias", "POST /v2beta/users", user()),
    # Create
    ("2.1", "nothing is required", "POST /v2/users", {"body": {}, "shape": ID}),
    ("2.1", "uid of 256 characters", "POST /v2/users", user(uid="é" * 256)),
    ("2.1", "uid of 257 characters", "POST /v2/users", bad(uid="u" * 257)),
    ("2.1", "display_name of 257", "POST /v2/users", bad(display_name="d" * 257)),
    ("2.1", "email of 128, without a format", "POST /v2/users", user(email="e" * 128)),
    ("2.1", "email of 129", "POST /v2/users", bad(email="e" * 129)),
    ("11", "an empty uid", "POST /v2/users", bad(uid="")),
    ("11", "a uid that is a number", "POST /v2/users", bad(uid=5)),
    ("2.2", "500 properties", "POST /v2/users", user(properties={f"p{n}": n for n in range(500)})),
    ("2.2", "501 properties", "POST /v2/users", bad(properties={f"p{n}": n for n in range(501)})),
    ("2.2", "a name with a dash", "POST /v2/users", bad(properties={"a-b": 1})),
    ("2.2", "a name that begins with a digit", "POST /v2/users", bad(properties={"1a": 1})),
    ("2.2", "an empty name", "POST /v2/users", bad(properties={"": 1})),
    ("2.2", "a name of 512", "POST /v2/users", user(properties={"n" * 512: 1})),
    ("2.2", "a name of 513", "POST /v2/users", bad(properties={"n" * 513: 1})),
    ("2.2", "objects may nest", "POST /v2/users", user(properties={"a": {"b": {"c": 1}}})),
    ("2.2", "a bad name below", "POST /v2/users", bad(properties={"a": {"b c": 1}})),
    ("2.2", "a dotted path of 513", "POST /v2/users", bad(properties={"a": {"b" * 511: 1}})),
    ("2.2", "a list of text", "POST /v2/users", user(properties={"a": ["x", "y"]})),
    ("2.2", "a list of objects", "POST /v2/users", bad(properties={"a": [{"b": 1}]})),
    ("2.2", "properties are an object", "POST /v2/users", bad(properties=[1])),
    ("2.2", "a declared type", "POST /v2/users", user(schema={"properties": {"a.b": "ints"}})),
    ("2.2", "an unknown type", "POST /v2/users", bad(schema={"properties": {"a": "number"}})),
    ("2.3", "an insert is 200 with an id alone", "POST /v2/users", user(uid="new")),
    ("2.3", "an update is the same", "POST /v2/users", user(uid="ann")),
    # Get, list
    ("2.4", "a user by FullStory id", "GET /v2/users/{ann}", {"shape": ANN}),
    ("2.4", "with its schema: numbers are real unless declared",
     "GET /v2/users/{ann}?include_schema=true",
     {"shape": ANN | {"schema": {"properties": TYPES}, "type_conflicts": {"properties": {}}}}),
    ("2.4", "a uid is not an id", "GET /v2/users/ann", {"status": 404, "shape": NO_USER}),
    ("2.5", "by uid, total_records is text", "GET /v2/users?uid=ann",
     {"shape": {"results": [ANN], "total_records": "1", "app_url": str}}),
    ("2.5", "by email", "GET /v2/users?email=ann%40example.com",
     {"shape": {"results": [ANN], "total_records": "1", "app_url": str}}),
    ("2.5", "by display name", "GET /v2/users?display_name=Ann",
     {"shape": {"results": [ANN], ...: ...}}),
    ("2.5", "all filters must hold", "GET /v2/users?uid=ann&email=other",
     {"shape": {"results": [], "total_records": "0", "app_url": str}}),
    ("2.5", "nobody is an empty list", "GET /v2/users?uid=nobody",
     {"shape": {"results": [], "total_records": "0", "app_url": str}}),
    ("11", "a bad page token", "GET /v2/users?page_token=nonsense",
     {"status": 400, "shape": INVALID}),
    # Update
    ("2.6", "update by id", "POST /v2/users/{bob}",
     {"body": {"display_name": "Bob"}, "shape": ID}),
    ("2.6", "update of an unknown id", "POST /v2/users/1",
     {"body": {}, "status": 404, "shape": NO_USER}),
    ("2.6", "a uid can not change", "POST /v2/users/{bob}",
     {"body": {"uid": "other"}, "status": 400, "shape": INVALID}),
    ("2.6", "the same uid is no change", "POST /v2/users/{bob}",
     {"body": {"uid": "bob"}, "shape": ID}),
    ("2.6", "a uid identifies an anonymous user", "POST /v2/users/{anonymous}",
     {"body": {"uid": "known"}, "shape": ID}),
    # Delete
    ("2.7", "without a uid", "DELETE /v2/users",
     {"status": 400, "shape": {"message": "uid is required", "code": "required_field"}}),
    ("11", "of an unknown uid", "DELETE /v2/users?uid=nobody", {"status": 404, "shape": NO_USER}),
    ("11", "of an unknown id", "DELETE /v2/users/1", {"status": 404, "shape": NO_USER}),
    # Batches
    ("3.1", "accepted with 200", "POST /v2/users/batch",
     {"body": {"requests": [{"uid": "u"}, {}]}, "shape": {"job": JOB}}),
    ("11", "without requests", "POST /v2/users/batch",
     {"body": {}, "status": 400,
      "shape": {"message": "requests is required", "code": "required_field"}}),
    ("11", "with none", "POST /v2/users/batch", {"body": {"requests": []}, "status": 400}),
    ("3.1", "more than 50,000", "POST /v2/users/batch",
     {"body": {"requests": [{}] * 50_001}, "status": 400, "shape": INVALID}),
    ("3.2", "its status has real numbers", "GET /v2/users/batch/{done}",
     {"shape": {"imports": 3, "errors": 0,
                "job": {"id": str, "status": "COMPLETED", "created": str, "finished": str}}}),
    ("3.2", "any failure makes it FAILED", "GET /v2/users/batch/{failed}",
     {"shape": {"imports": 1, "errors": 5, "job": {"status": "FAILED", ...: ...}}}),
    ("3.2", "while it is at work", "GET /v2/users/batch/{slow}",
     {"shape": {"imports": int, "errors": 0, "job": JOB}}),
    ("3.2", "an unknown job", "GET /v2/users/batch/x%3D", {"status": 404, "shape": NOT_FOUND}),
    ("3.2", "a job of events is no job of users", "GET /v2/users/batch/{events}", {"status": 404}),
    ("3.3", "its imports", "GET /v2/users/batch/{done}/imports",
     {"shape": {"results": [{"id": str, "uid": str, "properties": dict, "schema": None,
                             "type_conflicts": None}],
                "total_records": "3", "next_page_token": str}}),
    ("3.3", "202 and nothing while it is at work", "GET /v2/users/batch/{slow}/imports",
     {"status": 202, "shape": None}),
    ("3.4", "202 and nothing for errors too", "GET /v2/users/batch/{slow}/errors",
     {"status": 202, "shape": None}),
    ("3.4", "its errors echo the items", "GET /v2/users/batch/{failed}/errors",
     {"shape": {"results": [{"message": str, "code": str, "user": dict}],
                "total_records": "5", "next_page_token": str}}),
    ("3.4", "none failed", "GET /v2/users/batch/{done}/errors",
     {"shape": {"results": [], "total_records": "0"}}),
]  # fmt: skip


@pytest.fixture(scope="module")
def names(running):
    """The world of the table: who there is, by name."""
    client = running.client
    client.control("POST reset")
    client.set(job_s=0, page_size=2, deletion_s=60)
    ann = {key: ANN[key] for key in ("uid", "display_name", "email", "properties")}
    schema = {"schema": {"properties": {"seats": "int"}}}
    people = {"ann": ann | schema, "bob": {"uid": "bob"}, "leaving": {"uid": "l"}, "anonymous": {}}
    names = {name: client("POST /v2/users", body).json()["id"] for name, body in people.items()}
    client("POST /v2/users", {"uid": "known"})
    items = {
        "done": [{"uid": "d1"}, {"uid": "d2"}, {"uid": "d1"}],
        "failed": [{"uid": "f"}, {"uid": ""}, {"uid": "u" * 257}, {"email": "e" * 129},
                   {"uid": "p", "properties": {"a b": 1}}, {"id": "1"}],
    }  # fmt: skip
    for name, requests in items.items():
        names[name] = job(client, "users", requests)
        client.finish(f"/v2/users/batch/{names[name]}")
    names["events"] = job(client, "events", [{"name": "E"}])
    client.set(job_s=3600)
    names["slow"] = job(client, "users", [{"uid": "s"}])
    return names


def job(client, family, requests):
    made = client(f"POST /v2/{family}/batch", {"requests": requests}).json()["job"]["id"]
    return made.replace("=", "%3D")


def test_the_sandbox_answers_as_fullstory_documents(fact, running, names, check):
    check(fact, running.client, names)


def test_failed_items_say_why_and_are_shown_as_they_were_sent(running, names):
    found, token = [], ""
    while token is not None:
        path = f"/v2/users/batch/{names['failed']}/errors?page_token={token}"
        page = running.client(f"GET {path}").json()
        found += page["results"]
        token = page.get("next_page_token")

    assert [each["code"] for each in found] == ["invalid_parameter"] * 4 + ["user_not_found"]
    assert found[0]["message"] == "The provided uid parameter can not be empty"
    assert found[0]["user"] == {"uid": ""}
    assert found[3]["user"] == {"uid": "p", "properties": {"a b": 1}}


def test_every_page_of_a_list_is_different_and_together_they_are_all(client):
    client.set(page_size=2)
    uids = [f"u{n}" for n in range(5)]
    for uid in uids:
        client("POST /v2/users", {"uid": uid})

    assert walk(client, "is_identified=true&") == uids
    assert walk(client) == uids


def walk(client, query=""):
    """The uids of a list, from the first page to the last; each says how many there are."""
    found, token = [], ""
    while token is not None:
        page = client(f"GET /v2/users?{query}page_token={token}").json()
        assert page["total_records"] == "5"
        found += [each["uid"] for each in page["results"]]
        token = page.get("next_page_token")
    return found
