"""Where the other side is near, a thread sends several calls before it reads the first reply."""

import socket
import threading
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace

import pytest

from fsdest.delivery.brake import Brake, Reason, Stop
from fsdest.delivery.calls import Call, Fate
from fsdest.delivery.gate import Gate
from fsdest.delivery.sending import Sender
from fsdest.delivery.tally import Tally
from fsdest.delivery.width import Width
from fsdest.delivery.wire import Wire
from fsdest.fullstory import catalogue
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.outbound import Line, Route
from fsdest.payloads import configuration as configurations
from fsdest.payloads.build import Renderer

USERS = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid"])
DEADLINE = timedelta(seconds=0.5)
NO_REDIS = "redis://127.0.0.1:1/0"


class Turnstile:
    """Stands in for the limiter: lets so many calls through."""

    def __init__(self, most):
        self.left = most
        self.held = 0.0

    def take(self):
        self.left -= 1
        return 0.0 if self.left >= 0 else 60.0

    def hold(self, seconds):
        self.held = seconds

    def held_for(self):
        return self.held


class Gathering:
    """A server that answers none of its connections before `wanted` requests are there."""

    def __init__(self, wanted, replies=None):
        self.wanted, self.replies = wanted, replies or {}
        self.received = []
        self.all_there = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with closing(sock):
            while request := whole_request(sock):
                self.received.append(request)
                if len(self.received) >= self.wanted:
                    self.all_there.set()
                self.all_there.wait(5)
                uid = next((uid for uid in self.replies if f'"{uid}"'.encode() in request), "")
                statuses = self.replies.get(uid, [])
                status = statuses.pop(0) if statuses else 200
                if status is None:  # no answer at all
                    threading.Event().wait(2)
                    return
                body = b'{"id":"1"}' if status == 200 else b'{"code":"invalid"}'
                sock.sendall(
                    b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
                )


def whole_request(sock):
    """Return head and body of the next request; they may come in pieces."""
    request = b""
    while more := sock.recv(65536):
        request += more
        if b"}" in request:  # the end of the body
            break
    return request


@pytest.fixture
def make_server():
    servers = []

    def make(*args, **options):
        servers.append(Gathering(*args, **options))
        return servers[-1]

    yield make
    for each in servers:
        each.listener.close()


@pytest.fixture
def make_sender():
    senders = []

    def make(server, *, calls=1000, is_lean=True, **options):
        brake = Brake()
        brake.allow_calls_for(timedelta(minutes=1))

        def new_wire():
            line = Line(Route(loopback=server.url), "Basic k", is_lean=is_lean)
            return Wire(
                line=line, key="k", destination_id="d", base_url=server.url, deadline=DEADLINE
            )

        gate = Gate(Turnstile(calls), Width(NO_REDIS, "c", most=16), brake)
        values = {"parked_keys": set(), "is_bulk": False, "configurations": {1: USERS}} | options
        senders.append(Sender(new_wire=new_wire, gate=gate, brake=brake, tally=Tally(), **values))
        return senders[-1]

    yield make
    for each in senders:
        each.close()


def calls(*uids):
    build = Renderer(USERS).build
    lines = [f'{{"uid":"{uid}"}}'.encode() for uid in uids]
    return [Call(payloads=(build(n, line),), version=1) for n, line in enumerate(lines)]


def fates(outcomes):
    return {outcome.call.payloads[0].order_key: outcome.fate for outcome in outcomes}


def test_all_are_sent_before_the_first_reply_is_read(make_server, make_sender):
    server = make_server(wanted=8)

    outcomes = make_sender(server).make_at_once(calls(*"abcdefgh"))

    assert fates(outcomes) == dict.fromkeys("abcdefgh", Fate.DELIVERED)
    assert all(len(outcome.exchanges) == 1 for outcome in outcomes)
    assert len(server.received) == 8


def test_each_reply_is_judged_for_its_own_record(make_server, make_sender):
    server = make_server(wanted=4, replies={"b": [400], "c": [503, 200]})

    outcomes = make_sender(server).make_at_once(calls(*"abcd"))

    assert fates(outcomes) == {"b": Fate.QUARANTINED} | dict.fromkeys("acd", Fate.DELIVERED)
    statuses = {o.call.payloads[0].order_key: [e.status for e in o.exchanges] for o in outcomes}
    assert statuses == {"a": [200], "b": [400], "c": [503, 200], "d": [200]}


def test_a_reply_that_came_in_time_counts_though_another_was_awaited_to_the_end(
    make_server, make_sender
):
    server = make_server(wanted=3, replies={"a": [None, 200]})

    outcomes = make_sender(server).make_at_once(calls(*"abc"))

    first, *others = sorted(outcomes, key=lambda outcome: outcome.call.offsets[0])
    assert [exchange.status for exchange in first.exchanges] == [None, 200]
    assert [[e.status for e in outcome.exchanges] for outcome in others] == [[200], [200]]


def test_what_the_limiter_does_not_let_through_at_once_is_not_begun(make_server, make_sender):
    sender = make_sender(make_server(wanted=1), calls=2)

    outcomes = sender.make_at_once(calls(*"abcd"))

    assert fates(outcomes) == dict.fromkeys("ab", Fate.DELIVERED) | dict.fromkeys("cd", Fate.LEFT)
    assert sender.brake.reason.stop is Stop.HOLD


def test_nothing_is_sent_once_the_brake_is_pulled(make_server, make_sender):
    server = make_server(wanted=1)
    sender = make_sender(server)
    sender.brake.pull(Reason(Stop.PAUSED))

    outcomes = sender.make_at_once(calls(*"abc"))

    assert fates(outcomes) == dict.fromkeys("abc", Fate.LEFT)
    assert not server.received


def test_no_more_are_under_way_than_the_width_allows(make_server, make_sender):
    server = make_server(wanted=3)
    sender = make_sender(server)
    sender.gate.width.allowed = 3

    outcomes = sender.make_at_once(calls(*"abcde"))

    assert fates(outcomes) == dict.fromkeys("abcde", Fate.DELIVERED)
    assert sender.gate.width._under_way == []


def test_who_tries_again_does_not_wait_for_turns_of_its_own(make_server, make_sender):
    server = make_server(wanted=12, replies={"a": [429, 200]})
    sender = make_sender(server)
    sender.brake.allow_calls_for(timedelta(seconds=2))  # or it would wait for a minute

    outcomes = sender.make_at_once(calls(*"abcdefghijkl"))

    assert sender.gate.width.allowed < 12
    assert fates(outcomes) == dict.fromkeys("abcdefghijkl", Fate.DELIVERED)
    assert sender.gate.width._under_way == []


def test_replies_that_came_together_ask_to_wait_once(make_server, make_sender):
    server = make_server(wanted=4, replies={uid: [429, 200] for uid in "abcd"})
    sender = make_sender(server)
    received_before = []
    sender.gate.pace.hold = lambda _seconds: received_before.append(len(server.received))

    outcomes = sender.make_at_once(calls(*"abcd"))

    assert received_before == [4, 4, 4, 4]  # none after a call that had waited
    assert [[e.status for e in outcome.exchanges] for outcome in outcomes] == [[429, 200]] * 4


def test_a_record_behind_a_parked_one_of_its_user_is_parked(make_server, make_sender):
    server = make_server(wanted=2)

    outcomes = make_sender(server, parked_keys={"b"}).make_at_once(calls(*"abc"))

    assert fates(outcomes) == {"a": Fate.DELIVERED, "b": Fate.PARKED, "c": Fate.DELIVERED}
    assert len(server.received) == 2


def test_over_the_standard_way_one_is_made_after_the_other(make_server, make_sender):
    server = make_server(wanted=1)
    seen = []
    sender = make_sender(server, is_lean=False)
    sender.tally = SimpleNamespace(
        count=lambda *, is_failure: seen.append((len(server.received), is_failure)),
        is_general=lambda: False,
    )

    outcomes = sender.make_at_once(calls(*"abc"))

    assert fates(outcomes) == dict.fromkeys("abc", Fate.DELIVERED)
    assert seen == [(1, False), (2, False), (3, False)]
    assert {outcome.verdict.kind for outcome in outcomes} == {VerdictKind.DELIVERED}
