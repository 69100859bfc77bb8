"""Nothing but the hosts of a route is called, whatever their names resolve to."""

import socket
from datetime import timedelta

import pytest

from fsdest.exchange import Request, Silence
from fsdest.outbound import Route
from fsdest.outbound.addresses import is_loopback, is_public, look_up

FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "168.63.129.16",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "34.120.0.1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
]
# Other spellings of this machine, which only the system's resolver understands.
SPELLINGS = ["2130706433", "0x7f.1", "0x7f000001", "127.1", "127.0.1", "017700000001", "localhost"]

DEADLINE = timedelta(seconds=2)


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.surface("S1")
def test_a_special_address_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_ordinary_address_is_public(address):
    assert is_public(address)
    assert not is_loopback(address)


def call(line, url: str):
    return line.send(Request(method="POST", url=url, body=b"{}"), deadline=DEADLINE)


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.surface("S1")
def test_a_name_that_leads_inside_is_not_connected_to(make_line, dials, address, is_open):
    asked = []

    def resolve(host: str, port: int, within_s: float) -> list[str]:
        asked.append((host, port))
        return ["93.184.216.34", address]  # one bad answer is enough

    route = Route(frozenset({"hook.test"}), is_open=is_open)
    reply = call(make_line(route, "Basic key", resolve=resolve), "https://hook.test/x")
    assert reply.silence is Silence.BLOCKED
    assert reply.sentence == (
        "hook.test does not lead to the public internet, so it was not called."
    )
    assert asked == [("hook.test", 443)]
    assert dials.seen == []


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.surface("S1")
def test_no_spelling_of_this_machine_gets_through_the_real_resolver(make_line, dials, spelling):
    assert set(look_up(spelling, 443, 5)) & {"127.0.0.1", "::1"}
    reply = call(make_line(Route(is_open=True)), f"https://{spelling}/")
    assert reply.silence is Silence.BLOCKED
    assert dials.seen == []


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://[{address}]/" for address in FORBIDDEN if ":" in address),
        *(f"https://{address}/" for address in FORBIDDEN if ":" not in address),
        "http://8.8.8.8/",
        "https://8.8.8.8:22/",
        "https://8.8.8.8:99999/",
        "https://user@8.8.8.8/",
        "https://user:pass@8.8.8.8/",
        "https://8.8.8.8/#fragment",
        "https://8.8.8.8\\@127.0.0.1/",
        "https://127.0.0.1\\@8.8.8.8/",
        "https://8.8.8.8 /",
        "https://8.8.8.8/\r\nX: y",
        "https://8.8.8.8/\n",
        "https:///x",
        "https://",
        "//8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "unix:///run/x.sock",
        "https://①②⑦.⓪.⓪.①/",
        "https://ſtest/",
        "https://bücher.example/",
        "https://8.8.8.8/é",
        "",
    ],
)
@pytest.mark.surface("S1")
def test_such_a_url_is_refused_on_an_open_route(make_line, dials, url):
    reply = call(make_line(Route(is_open=True)), url)
    assert reply.silence is Silence.BLOCKED
    assert dials.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "https://api.fullstory.com.evil.test/",
        "https://evil.test/api.fullstory.com",
        "https://api.fullstory.com./v2/users",
        "https://xapi.fullstory.com/",
        "https://api.fullstory.com:8443/",
        "http://api.fullstory.com/",
        "https://fullstory.com/",
        "http://127.0.0.1:8011/",
        "https://127.0.0.1:8010/",
        "http://127.0.0.1:80100/",
        "http://127.0.0.1:8010@evil.test/",
        "http://localhost:8010/",
        "http://[::1]:8010/",
        "http://127.1:8010/",
    ],
)
@pytest.mark.surface("S1")
def test_only_the_exact_hosts_of_a_route_are_called(make_line, dials, url):
    def resolve(host: str, port: int, within_s: float) -> list[str]:
        raise AssertionError("asked for " + host)

    route = Route(frozenset({"api.fullstory.com"}), loopback="http://127.0.0.1:8010")
    reply = call(make_line(route, "Basic key", resolve=resolve), url)
    assert reply.silence is Silence.BLOCKED
    assert dials.seen == []


def test_without_a_loopback_base_this_machine_is_not_called(make_line, server):
    assert call(make_line(Route()), server.url + "/").silence is Silence.BLOCKED
    assert call(make_line(Route(is_open=True)), server.url + "/").silence is Silence.BLOCKED
    assert server.connections == 0


def test_a_loopback_base_must_lead_to_this_machine(make_line, dials):
    line = make_line(
        Route(loopback="http://localhost:8010"), resolve=lambda *_: ["127.0.0.1", "8.8.8.8"]
    )
    reply = call(line, "http://localhost:8010/")
    assert reply.silence is Silence.BLOCKED
    assert reply.sentence == ("localhost:8010 does not lead to this machine, so it was not called.")
    assert dials.seen == []


@pytest.mark.surface("S2")
def test_the_address_that_was_checked_is_the_one_that_is_called(make_line, server, dials):
    answers = iter([["127.0.0.1"], ["8.8.8.8"], ["8.8.8.8"]])
    base = f"http://localhost:{server.port}"
    line = make_line(Route(loopback=base), resolve=lambda *_: next(answers))
    assert call(line, base + "/").status == 200
    assert dials.seen == [("127.0.0.1", server.port)]
    assert b"Host: localhost:%d\r\n" % server.port in server.requests[0]
    line.close()
    assert call(line, base + "/").silence is Silence.BLOCKED  # each new connection asks again
    assert len(dials.seen) == 1


def test_a_dead_address_leaves_time_for_the_next(make_line, server):
    with socket.create_server(("127.0.0.2", 0), backlog=0) as full:
        port = full.getsockname()[1]
        stuck = [socket.socket() for _ in range(4)]  # fill the backlog, so that nothing is accepted
        try:
            for each in stuck:
                each.setblocking(False)
                each.connect_ex(("127.0.0.2", port))
            base = f"http://localhost:{port}"
            line = make_line(Route(loopback=base), resolve=lambda *_: ["127.0.0.2", "127.0.0.1"])
            reply = line.send(
                Request(method="GET", url=base + "/"), deadline=timedelta(seconds=0.6)
            )
        finally:
            for each in stuck:
                each.close()
    assert reply.silence is Silence.REFUSED
    assert reply.sentence == f"localhost:{port} refused the connection."
    assert timedelta(seconds=0.25) < reply.elapsed < timedelta(seconds=0.55)


def test_the_key_is_for_the_hosts_of_the_route_alone(make_line, server):
    route = Route(frozenset({"api.fullstory.com"}), loopback=server.url, is_open=True)
    assert route.find("https://api.fullstory.com/v2/users").is_known
    assert route.find(server.url + "/").is_known
    assert not route.find("https://elsewhere.test/").is_known
    line = make_line(route, "Basic key", resolve=lambda *_: ["10.0.0.1"])
    assert call(line, "https://elsewhere.test/").silence is Silence.BLOCKED
    assert "Authorization" not in line._prepared.headers
    call(line, "https://api.fullstory.com/")
    assert line._prepared.headers["Authorization"] == "Basic key"
