"""No spelling of an inner address is called, by a test or by a delivery."""

import socket

import pytest

from fsdest.delivery import rehearsal, wire
from fsdest.exchange import Request, Silence
from fsdest.fullstory import catalogue
from fsdest.fullstory.verdicts import VerdictKind
from fsdest.models import Credential, Organization
from fsdest.payloads import configuration as configurations

CONNECTS = ("connect", "connect_ex")  # the methods of a socket that can dial out

INNER = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f000001"),
    *("0x7f.1", "0x7f.0.0.1", "0", "0.0.0.0", "10.0.0.1", "0x0a000001", "167772161", "172.16.0.1"),
    *("192.168.1.1", "3232235777", "169.254.169.254", "2852039166", "0xa9fea9fe", "100.64.0.1"),
    *("168.63.129.16", "198.18.0.1", "224.0.0.1", "255.255.255.255", "127.0.0.1.", "localhost"),
    *("localhost.", "LOCALHOST", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]"),
    *("[2002:7f00:1::]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fc00::1]", "[fec0::1]"),
    *("[ff02::1]", "①②⑦.0.0.1", "127。0。0。1", "ⓛocalhost", "localhost%00.fullstory.com"),
    *("api.fullstory.com@127.0.0.1", "api.fullstory.com:443@127.0.0.1", "127.0.0.1:443"),
    *("127.0.0.1:8765", "127.0.0.1\\@api.fullstory.com", "127.0.0.1#api.fullstory.com"),
    *("127.0.0.1?api.fullstory.com", "metadata.google.internal", "rebinds.example", "127.0.0.1\t"),
]


@pytest.fixture(autouse=True)
def dialled(monkeypatch) -> list[object]:
    """What a socket was to connect to. None does, so that a broken guard calls nobody."""
    seen: list[object] = []

    def refuse(_socket: socket.socket, address: object) -> None:
        seen.append(address)
        raise AssertionError(f"a connection to {address} was begun")

    for name in CONNECTS:
        monkeypatch.setattr(socket.socket, name, refuse)
    return seen


@pytest.fixture
def heard(dialled, monkeypatch):
    """The addresses connected to; every name leads to this machine from the second time on."""
    asked: dict[object, int] = {}

    def resolve(host, port, *_args, **_options):
        asked[host] = asked.get(host, 0) + 1
        first = "93.184.216.34" if asked[host] == 1 else "10.0.0.1"
        found = ["127.0.0.1"] if host != b"rebinds.example" else [first, "127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return dialled


@pytest.fixture
def credential(db) -> Credential:
    organization = Organization.objects.create(name="Ours")
    made = Credential(organization=organization, name="Key", target=Credential.Target.FULLSTORY)
    made.seal("na1.SECRETSECRET/ORG1")
    made.save()
    return made


def test_there_are_at_least_forty_spellings():
    assert len(set(INNER)) >= 40


@pytest.mark.parametrize("dial", CONNECTS)
def test_no_socket_of_these_tests_connects(dialled, dial):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as caller:
        with pytest.raises(AssertionError, match="was begun"):
            getattr(caller, dial)(server.getsockname())
        assert dialled == [server.getsockname()]


@pytest.mark.surface("S1")
@pytest.mark.parametrize("spelling", INNER)
def test_a_test_calls_no_inner_address(credential, heard, spelling):
    made = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid"])
    for scheme in ("https", "http"):
        request = Request(method="POST", url=f"{scheme}://{spelling}/v2/users", body=b"{}")
        trial = rehearsal.try_out(credential, request, configuration=made, records=1)
        assert trial.status is None
        assert trial.verdict.kind is not VerdictKind.DELIVERED
    assert heard == []


@pytest.mark.surface("S1")
@pytest.mark.parametrize("is_lean", [True, False])
@pytest.mark.parametrize("spelling", INNER)
def test_a_delivery_calls_no_inner_address(credential, heard, settings, spelling, is_lean):
    settings.LEAN = is_lean
    line = wire.line(credential, is_open=True)  # as for a call by hand: any public host
    for scheme in ("https", "http"):
        request = Request(method="POST", url=f"{scheme}://{spelling}/v2/users", body=b"{}")
        assert line.send(request, deadline=wire.deadline()).silence is Silence.BLOCKED
    assert heard == []


@pytest.mark.surface("S2")
def test_fullstory_itself_is_not_called_where_its_name_leads_inside(credential, heard):
    request = Request(method="POST", url=f"{credential.base_url}/v2/users", body=b"{}")
    for _ in range(3):
        reply = wire.line(credential).send(request, deadline=wire.deadline())
        assert reply.silence is Silence.BLOCKED
    assert heard == []
