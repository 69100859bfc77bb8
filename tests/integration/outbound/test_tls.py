"""A connection is only as good as the certificate at its other end."""

import datetime as dt
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fsdest.exchange import Request, Silence
from fsdest.outbound import Route

DEADLINE = timedelta(seconds=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
NOW = dt.datetime.now(dt.UTC)


class Authority:
    """A certificate authority of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        self.file = folder / "authority.pem"
        self.file.write_bytes(
            self._certificate(self.name, self.key.public_key(), NOW + timedelta(days=1), None)
        )

    def _certificate(self, name, key, until, host: str | None) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=9))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        signed = builder.sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)

    def serve(self, host: str = "localhost", until: dt.datetime | None = None) -> ssl.SSLContext:
        """Return what a server for `host` needs, valid until then (default: tomorrow)."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        until = until or NOW + timedelta(days=1)
        file = self.folder / "server.pem"
        file.write_bytes(
            self._certificate(name, key.public_key(), until, host)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def call(make_line, server, authority) -> Callable[..., object]:
    """Call the server over TLS; `ca_file` is the authority's unless given."""
    lines = {}

    def call(*, seconds: float = 5, ca_file: str = str(authority.file), **options: bool) -> object:
        base = f"https://localhost:{server.port}"
        key = (ca_file, *options.values())
        if key not in lines:
            lines[key] = make_line(
                Route(loopback=base),
                "Basic key",
                ca_file=ca_file,
                resolve=lambda *_: ["127.0.0.1"],
                **options,
            )
        request = Request(method="POST", url=base + "/v2/users", body=b"{}")
        return lines[key].send(request, deadline=timedelta(seconds=seconds))

    return call


def over_tls(context: ssl.SSLContext, script):
    def wrapped(sock):
        with context.wrap_socket(sock, server_side=True) as secure:
            script(secure)

    return wrapped


def test_a_trusted_server_is_called_and_its_connection_kept(call, server, authority):
    server.script = over_tls(authority.serve(), server.for_ever(OK))
    assert [call().body for _ in range(5)] == [b"hi"] * 5
    assert server.connections == 1
    assert b"Authorization: Basic key" in server.requests[0]


@pytest.mark.parametrize(
    ("host", "until", "reason"),
    [
        ("localhost", NOW - timedelta(days=1), "certificate has expired"),
        ("other.test", None, "Hostname mismatch"),
    ],
)
def test_a_bad_certificate_ends_the_call_before_anything_is_sent(
    call, server, authority, host, until, reason
):
    server.script = over_tls(authority.serve(host, until), server.for_ever(OK))
    reply = call()
    assert (reply.silence, reply.is_unknown) == (Silence.TLS, False)
    assert reply.sentence.startswith(f"No secure connection to localhost:{server.port}: {reason}")
    assert server.requests == []


def test_an_unknown_authority_is_not_trusted(call, server, authority):
    server.script = over_tls(authority.serve(), server.for_ever(OK))
    reply = call(ca_file="")
    assert reply.silence is Silence.TLS
    assert "unable to get local issuer certificate" in reply.sentence
    assert server.requests == []


def test_a_server_that_speaks_no_tls_is_not_trusted(call, server):
    server.script = lambda sock: sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert call().silence is Silence.TLS


def test_a_handshake_that_breaks_off_is_a_connection_that_failed(call, server):
    server.script = lambda sock: sock.recv(100)
    reply = call()
    assert (reply.silence, reply.is_unknown) == (Silence.REFUSED, False)


@pytest.mark.parametrize(
    ("piece", "silence"),
    [(b"", Silence.REFUSED), (b"\x16\x03\x03", Silence.REFUSED), (b"\x16", Silence.TLS)],
    ids=["silent", "dripping", "dripping rubbish"],
)
def test_the_deadline_covers_the_handshake(call, server, piece, silence):
    def stall(sock):
        while not server._stopped.wait(0.05):
            sock.sendall(piece)

    server.script = stall
    started = time.monotonic()
    assert call(seconds=0.4).silence is silence
    assert time.monotonic() - started < 0.9


def test_the_deadline_covers_an_answer_that_drips_through_tls(call, server, authority):
    drip = server.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"a", 0.02)
    server.script = over_tls(authority.serve(), drip)
    reply = call(seconds=0.4)
    assert reply.silence is Silence.TIMEOUT
    assert timedelta(seconds=0.38) < reply.elapsed < timedelta(seconds=0.9)


@pytest.mark.parametrize(
    "reply",
    [
        OK,
        b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + b"0123456789" * 5000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"0123456789" * 20_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi",
        b"not HTTP",
        b"",
        *(OK[:end] for end in range(1, len(OK), 5)),
    ],
    ids=range(17),
)
def test_both_adapters_read_alike_through_tls(call, server, authority, reply):
    context, came = authority.serve(), []
    for is_lean in (False, True):
        server.script = over_tls(context, server.in_pieces(reply[:30], reply[30:]))
        came.append(call(is_lean=is_lean))
    standard, lean = came
    for name in ("status", "headers", "body", "silence", "sentence"):
        assert getattr(lean, name, None) == getattr(standard, name, None)


def test_rubbish_that_came_in_one_record_with_an_answer_is_no_answer(call, server, authority):
    secure, rubbish = authority.serve(), b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" * 400
    server.script = over_tls(secure, server.for_ever(OK + rubbish))
    assert [call().status for _ in range(4)] == [200] * 4


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (OK[:-2], b"hi"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nhi\r\n0\r\n\r\n"),
    ],
)
def test_rubbish_in_a_later_record_is_no_answer(call, server, authority, head, body):
    def answer(sock):
        """Send the body in a record of its own, and more in it than was announced."""
        while request := sock.recv(65536):
            if request.endswith(b"{}"):
                sock.sendall(head)
                sock.sendall(body + OK.replace(b"200", b"500") * 300)

    server.script = over_tls(authority.serve(), answer)
    assert [call().status for _ in range(4)] == [200] * 4
