"""No reply leads a call of ours anywhere, however it is spelt: no test and no delivery."""

import json
import re
import socket
from dataclasses import replace
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.delivery import account, control, rehearsal, run, wire
from fsdest.exchange import Request
from fsdest.fullstory import catalogue
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import Destination, Nexset
from fsdest.payloads import configuration as configurations
from tests.integration.conftest import Answer
from tests.security.test_addresses import INNER

LEADING = (
    "Location",
    "Content-Location",
    "Refresh",
    "Link",
    "Alt-Svc",
    "HX-Redirect",
    "HX-Location",
)
STATUSES = (301, 302, 303, 307, 308, 201, 200)
NOBODY = ("127.0.0.1", 1)  # the Redis of the tests
TOOK = {VerdictKind.DELIVERED, VerdictKind.ACCEPTED}


def leading_to(spelling: str, status: int) -> Answer:
    """Return an answer of which everything leads to an inner address."""
    url = f"https://{spelling}/latest/meta-data/"
    values = {
        "Refresh": f"0; url={url}",
        "Link": f'<{url}>; rel="preload"',
        "Alt-Svc": f'h2="{url}"',
    }
    on_the_wire = [(name, values.get(name, url).encode().decode("latin-1")) for name in LEADING]
    return Answer(
        status=status,
        body=json.dumps({"id": url, "url": url, "nextPaginationToken": url}).encode(),
        headers=(("Content-Type", "application/json"), *on_the_wire),
    )


@pytest.fixture
def nexset(nexset_of) -> Nexset:
    return nexset_of([{"uid": "user-0", "email": "a@example.com", "plan": "gold"}])


@pytest.fixture
def astray(stand_in, monkeypatch) -> list[object]:
    """What was connected to or resolved beside the stand-in. Nothing is: it raises."""
    seen: list[object] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo
    port = int(stand_in.url.rpartition(":")[2])

    def guarded(self: socket.socket, where: object) -> None:
        if where == NOBODY:
            raise ConnectionRefusedError
        if where != ("127.0.0.1", port):
            seen.append(where)
            raise AssertionError(f"a connection to {where} was begun")
        connect(self, where)

    def asked(host: object, port: object, *more: object, **others: object) -> object:
        if (host, port) != NOBODY:
            seen.append(host)
            raise AssertionError(f"{host} was looked up")
        return resolve(host, port, *more, **others)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded)
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    return seen


def deliver(destination: Destination) -> None:
    control.activate(destination, now=timezone.now())
    for lane in destination.lanes.all():
        run.work(lane.pk, clock=timezone.now)


def test_what_goes_elsewhere_would_be_noticed(astray):
    with socket.socket() as caller, pytest.raises(AssertionError, match="was begun"):
        caller.connect(("127.0.0.1", 9))
    with pytest.raises(AssertionError, match="was looked up"):
        socket.getaddrinfo("localhost", 443)
    assert astray == [("127.0.0.1", 9), "localhost"]


@pytest.mark.surface("S1", "S3")
@pytest.mark.parametrize("is_lean", [True, False])
@pytest.mark.parametrize("spelling", INNER)
def test_no_reply_leads_a_test_or_a_call_inside(
    credential, stand_in, astray, settings, spelling, is_lean
):
    settings.LEAN = is_lean
    made = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid"])
    request = Request(method="POST", url=f"{stand_in.url}/v2/users", body=b"{}")
    stand_in.answers = [leading_to(spelling, each) for each in STATUSES for _ in range(2)]
    for status in STATUSES:
        trial = rehearsal.try_out(credential, request, configuration=made, records=1)
        assert trial.status == status
        assert (trial.verdict.kind in TOOK) == (status < 300)
        line = wire.line(credential)
        assert line.send(request, deadline=wire.deadline()).status == status
        line.close()

    assert astray == []
    assert [each.path for each in stand_in.received] == ["/v2/users"] * 2 * len(STATUSES)


@pytest.mark.surface("S1", "S3")
@pytest.mark.parametrize("spelling", INNER)
def test_no_reply_leads_a_delivery_inside_and_what_is_kept_of_it_is_text(
    destination, stand_in, astray, spelling
):
    configuration = replace(destination.version.read(), echo=True)
    control.save_version(destination, configuration, user=None, now=timezone.now())
    destination.refresh_from_db()
    stand_in.answers = [leading_to(spelling, 307)]

    deliver(destination)

    assert astray == []
    assert [each.path for each in stand_in.received] == ["/v2/users"]
    balance = account.balance(destination)
    assert (balance.delivered, balance.is_balanced) == (0, True)
    replies = destination.echo
    replies.refresh_from_db()
    ((_, line),) = replies.lines(0, replies.record_count)
    assert json.loads(line)["body"]["url"] == f"https://{spelling}/latest/meta-data/"


@pytest.mark.surface("S1", "S3")
@pytest.mark.parametrize("spelling", INNER)
def test_the_page_of_a_test_shows_it_and_leads_nobody_there(
    as_ann, destination, stand_in, astray, spelling
):
    stand_in.answers = [leading_to(spelling, 302)]

    typed = {"slot": "create-or-update-user", "endpoint": "create-or-update-user", "name": "A"}
    typed |= {"mapping.uid.source": "attribute", "mapping.uid.attribute": "uid"}
    page = as_ann.post(reverse("wizard-test", args=[destination.pk]), typed)

    assert page.status_code == 200
    assert not {name for name in LEADING if name in page}
    html = page.content.decode()
    shown = unescape(html)
    assert '<span class="status-code">302</span>' in html
    assert (
        f'"url": "https://{spelling}/latest/meta-data/"'.replace("\\", "\\\\").replace("\t", "\\t")
        in shown
    )
    leads = re.findall(r'(?:href|src|action|hx-\w+|content)="([^"]*)"', html)
    assert [each for each in leads if "meta-data" in each] == []
    assert astray == []


@pytest.mark.surface("S1")
@pytest.mark.parametrize("spelling", INNER)
def test_the_address_of_a_webhook_is_for_fullstory_to_call_and_never_called_here(
    as_ann, destination, stand_in, astray, spelling
):
    """We hand it over as it was typed. It is neither resolved nor called by a preview, the checks,
    a test or a delivery."""
    hook = f"https://{spelling}/hook"
    typed = {
        "name": "Hooks",
        "slot": "create-webhook-endpoint",
        "endpoint": "create-webhook-endpoint",
        "mapping.url.source": "constant",
        "mapping.url.text": hook,
        "mapping.event_types.source": "constant",
        "mapping.event_types.text": '[{"event_name": "note_created"}]',
    }
    for step in ("preview", "settings", "test"):
        headers = {"HX-Request": "true"}
        where = reverse(f"wizard-{step}", args=[destination.pk])
        assert as_ann.post(where, typed, headers=headers).status_code in {200, 422}
    assert as_ann.post(reverse("wizard-configure", args=[destination.pk]), typed).status_code < 500
    deliver(destination)

    assert astray == []
    assert {each.path for each in stand_in.received} <= {"/webhooks/v1/endpoints", "/v2/users"}
    sent = [each for each in stand_in.received if each.path == "/webhooks/v1/endpoints"]
    assert [json.loads(each.body)["url"] for each in sent] == [hook.strip()] * 2
