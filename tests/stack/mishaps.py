"""A key is typed in, and all goes wrong that can: FullStory itself repeats it."""

import base64
import json
from pathlib import Path
from urllib.parse import quote_plus

import requests

from tests.faults.office import Office
from tests.faults.visitor import Visitor
from tests.running import Stack, until

SECRET = 'Zq5+k"W\\9&%Jd=~cnry<7'  # each way of writing it differs
KEY = f"na1.admin.{SECRET}/TEST"
PLANTED = 'mark "5Tg" & <7Wq>+\\'  # the value of an attribute, which is no secret
PLANTED_AT = 321  # no sample of the records shows it
USERS = 500
ECHO = f"{KEY} is {base64.b64encode(KEY.encode()).decode()}, {quote_plus(KEY)}"
FAULTS = [
    {"kind": "status", "status": 400, "contains": "bad-", "body": {"code": "no", "message": ECHO}},
    {"kind": "status", "status": 401, "contains": f'"u-{USERS - 1}"', "body": {"message": ECHO}},
    {"kind": "status", "status": 503, "every": 61, "times": 5, "body": ECHO},
    {"kind": "cut_after", "every": 47, "times": 3},
    {"kind": "cut_midway", "every": 53, "times": 2},
]


def add_credential(visitor: Visitor) -> list[requests.Response]:
    """Type the key into forms, the right one last; return what they answer."""
    form = {"target": "sandbox", "description": "", "api_key": KEY}
    answers = [
        visitor.post("credentials/new/", **form, name=""),
        visitor.post("credentials/new/", **form | {"api_key": f"Basic {KEY}"}, name="Canary"),
        visitor.post("credentials/new/", **form, name="Canary"),
    ]
    assert [each.status_code for each in answers] == [422, 422, 302]
    return answers


def deliver(office: Office, folder: Path) -> str:
    """Send the users while everything fails that can; return the destination's id."""
    people = folder / "people.jsonl"
    with people.open("w") as file:
        for n in range(USERS):
            user = {"uid": f"bad-{n}" if n % 50 == 7 else f"u-{n}", "visits": n}
            user |= {"display_name": PLANTED} if n == PLANTED_AT else {}
            file.write(json.dumps(user) + "\n")
    office.begin_afresh()
    for fault in FAULTS:
        office.play(**fault)
    destination: str = office.ask(
        "send", file=str(people), endpoint="create-or-update-user", credential="Canary"
    )

    def has_stopped() -> bool:
        return bool(office.ask("account", destination=destination)["status"] == "error")

    until(has_stopped, within_s=30, what="the stop by the 401")
    return destination


def refusals(
    stack: Stack, office: Office, visitor: Visitor, key_page: str
) -> list[requests.Response]:
    """Return what is answered to who goes astray, and to a test of the key that fails."""
    office.play(kind="status", status=401, route="GET /me", body={"message": ECHO})
    form = {"api_key": KEY, "name": ""}
    answers = [
        visitor.post(f"{key_page.strip('/')}/test/"),
        visitor.get("nowhere/"),
        requests.post(f"{stack.url}/credentials/new/", data=form, timeout=20),  # without a token
    ]
    assert [each.status_code for each in answers] == [302, 404, 403]
    return answers


def whereabouts(destination: str) -> list[str]:
    """Return the addresses to begin a walk at, those of the destination first."""
    ends = ("", f"records/{PLANTED_AT}/", "quarantine/", "history/", "calls/")
    console = ("", f"fsdest/callpage/?destination={destination}", "fsdest/quarantinedrecord/")
    return [
        *(f"/destinations/{destination}/{end}" for end in ends),
        "/credentials/",
        *(f"/admin/{end}" for end in console),
        "/flows/",
    ]


def received(office: Office) -> list[tuple[str, str]]:
    """Return what FullStory keeps of each request; all that was to go wrong has."""
    ledger = office.fullstory("ledger?limit=10000")["requests"]
    assert {200, 400, 401, 503, None} <= {each["status"] for each in ledger}
    return [("ledger", json.dumps(each)) for each in ledger]
