"""What comes of a call to a server that answers, badly or well, or does not answer."""

import gzip
import os
import re
import socket
import threading
import time
import tomllib
import tracemalloc
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsdest.exchange import NoReply, Reply, Request, Silence
from fsdest.outbound import Route, line

DEADLINE = timedelta(seconds=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def test_a_call_carries_the_key_and_the_body_and_brings_the_answer(post, server):
    server.script = server.answer(
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\nX-Two: a\r\nX-Two: b\r\n\r\ndone"
    )
    reply = post(b'{"uid": "ann"}', path="/v2/users?a=b%20c")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body, reply.is_cut) == (202, b"done", False)
    assert [value for name, value in reply.headers if name == "X-Two"] == ["a", "b"]
    assert timedelta() < reply.elapsed < DEADLINE
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/users?a=b%20c HTTP/1.1\r\n")
    assert sorted(head.split(b"\r\n")[1:]) == sorted(
        [
            b"Host: 127.0.0.1:%d" % server.port,
            b"User-Agent: " + line.USER_AGENT.encode(),
            b"Accept-Encoding: gzip",
            b"Content-Type: application/json",
            b"Authorization: Basic top-secret-key",
            b"Content-Length: 14",
        ]
    )
    assert body == b'{"uid": "ann"}'


def test_the_user_agent_names_the_version_of_the_project(request):
    project = tomllib.loads((Path(request.config.rootpath) / "pyproject.toml").read_text())
    assert f"fsdest/{project['project']['version']}" == line.USER_AGENT


def test_connections_are_kept_and_nothing_of_one_call_is_left_in_the_next(line, server):
    server.script = server.for_ever(OK)
    url = server.url + "/v2/users/1"
    calls = [
        Request(method="POST", url=url, headers=(("Idempotency-Key", "k1"),), body=b"long body"),
        Request(method="GET", url=url),
        Request(method="DELETE", url=server.url + "/v2/users/2"),
        Request(method="POST", url=url),
    ]
    assert [line.send(call, deadline=DEADLINE).status for call in calls] == [200] * 4
    assert server.connections == 1
    get, delete, empty_post = server.requests[1:]
    assert b"Idempotency-Key" not in get + delete + empty_post
    assert b"Content-Length" not in get + delete
    assert b"Content-Length: 0\r\n" in empty_post
    assert delete.startswith(b"DELETE /v2/users/2 ")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.surface("S3")
def test_a_redirect_is_an_answer_and_is_not_followed(post, server, make_server, status):
    canary = make_server()
    server.script = server.answer(
        b"HTTP/1.1 %d X\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n"
        % (status, canary.url.encode())
    )
    assert post().status == status
    assert canary.connections == 0
    assert len(server.requests) == 1


def test_cookies_are_not_kept(post, server):
    server.script = server.for_ever(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    )
    post()
    post()
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.surface("S5")
def test_proxies_and_netrc_of_the_environment_are_ignored(
    post, server, make_server, tmp_path, monkeypatch
):
    proxy = make_server()
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password stranger\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NETRC", str(netrc))
    assert post().status == 200
    assert proxy.connections == 0
    assert b"Authorization: Basic top-secret-key" in server.requests[0]


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"a"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0"),
    ],
    ids=["silence", "headers", "header", "length", "chunked", "endless", "continue", "gzip"],
)
@pytest.mark.surface("S16")
def test_the_deadline_covers_an_answer_that_drips(post, server, first, piece):
    server.script = server.drip(first, piece, 0.02)
    started = time.monotonic()
    reply = post(seconds=0.4)
    assert 0.38 < time.monotonic() - started < 0.9
    assert isinstance(reply, NoReply), reply
    assert reply.silence is Silence.TIMEOUT
    assert reply.sentence == "No answer within 0.4 seconds."
    assert reply.is_unknown


def test_the_deadline_covers_a_body_that_is_not_taken(post, server):
    server.script = lambda sock: threading.Event().wait(3)
    reply = post(b"x" * 50_000_000, seconds=0.5)
    assert reply.silence is Silence.TIMEOUT
    assert reply.elapsed < timedelta(seconds=1.5)


def test_a_later_call_has_its_own_deadline_and_its_own_answer(post, server):
    server.script = server.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nol", b"d", 0.3)
    assert post(seconds=0.2).silence is Silence.TIMEOUT
    server.script = server.answer(OK)
    time.sleep(0.15)  # the late end of the first answer would arrive now
    assert post().body == b"hi"
    assert server.connections == 2


@pytest.mark.surface("S16")
def test_a_long_answer_is_cut_at_the_cap(post, server):
    server.script = server.for_ever(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
    assert (post(max_bytes=10).body, post(max_bytes=10).is_cut) == (b"0123456789", False)
    reply = post(max_bytes=9)
    assert (reply.body, reply.is_cut) == (b"012345678", True)
    assert post(max_bytes=10).body == b"0123456789"


@pytest.mark.surface("S16")
def test_a_compressed_answer_is_cut_after_decompression_and_never_unpacked_whole(post, server):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"0" * 1_000_000) for _ in range(100)) + packer.flush()
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    server.script = server.for_ever(head + bomb)
    tracemalloc.start()
    try:
        reply = post(max_bytes=1000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (reply.body, reply.is_cut) == (b"0" * 1000, True)
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
    ],
)
@pytest.mark.surface("S16")
def test_a_broken_answer_is_not_an_answer(post, server, answer):
    server.script = server.answer(answer, linger=False)
    reply = post()
    assert isinstance(reply, NoReply), reply
    assert reply.silence is Silence.CUT
    assert str(server.port) in reply.sentence
    assert len(server.requests) == 1


def test_a_reset_in_an_answer_is_a_cut(post, server):
    server.script = server.reset
    assert post().silence is Silence.CUT


def test_a_connection_that_was_closed_while_idle_is_not_used(post, server):
    server.script = server.answer(OK, linger=False)
    for _ in range(3):
        assert post().status == 200
        time.sleep(0.02)
    assert server.connections == 3


def test_a_connection_that_breaks_under_the_call_is_a_cut_and_is_not_tried_again(post, server):
    server.script = server.answer(OK, b"", linger=False)
    assert post().status == 200
    assert post().silence is Silence.CUT
    assert len(server.requests) == 2
    assert server.connections == 1


def test_a_long_idle_connection_is_replaced(post, server, line):
    server.script = server.for_ever(OK)
    post()
    line._used_at -= 51
    assert post().status == 200
    assert server.connections == 2


def test_a_refused_connection_is_told_from_a_lost_call(make_line):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    reply = make_line(Route(loopback=url)).send(
        Request(method="GET", url=url + "/me"), deadline=DEADLINE
    )
    assert (reply.silence, reply.is_unknown) == (Silence.REFUSED, False)
    assert reply.sentence == f"{url.removeprefix('http://')} refused the connection."


def test_a_name_that_is_never_resolved_ends_with_the_deadline(make_line, dials):
    def resolve(host: str, port: int, within_s: float) -> list[str]:
        raise TimeoutError

    reply = make_line(Route(frozenset({"a.test"})), resolve=resolve).send(
        Request(method="GET", url="https://a.test/"), deadline=timedelta(seconds=0.3)
    )
    assert reply.silence is Silence.REFUSED
    assert reply.sentence == "a.test did not accept a connection in time."
    assert dials.seen == []


def test_an_unknown_name_is_a_refusal(make_line):
    def resolve(host: str, port: int, within_s: float) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    reply = make_line(Route(frozenset({"a.test"})), resolve=resolve).send(
        Request(method="GET", url="https://a.test/"), deadline=DEADLINE
    )
    assert (reply.silence, reply.sentence) == (
        Silence.REFUSED,
        "The name a.test could not be resolved.",
    )


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="POST", url="/x", headers=(("Authorization", "mine"),)),
        Request(method="POST", url="/x", headers=(("content-length", "3"),)),
        Request(method="POST", url="/x", headers=(("Transfer-Encoding", "chunked"),)),
        Request(method="POST", url="/x", headers=(("Host", "other"),)),
        Request(method="POST", url="/x", headers=(("X-A", "b\r\nX-C: d"),)),
        Request(method="POST", url="/x", headers=(("X-A: b\r\nX-C", "d"),)),
        Request(method="POST", url="/x", headers=(("X-A", "é"),)),
        Request(method="POST", url="/x y"),
        Request(method="POST", url="/x\r\nX-C: d"),
        Request(method="PO ST", url="/x"),
        Request(method="get\r\n", url="/x"),
    ],
)
@pytest.mark.surface("S6")
def test_a_request_that_would_say_something_else_is_not_sent(line, server, request_):
    whole = Request(method=request_.method, url=server.url + request_.url, headers=request_.headers)
    reply = line.send(whole, deadline=DEADLINE)
    assert reply.silence is Silence.BLOCKED
    assert "\r" not in reply.sentence
    assert server.connections == 0


def test_a_key_that_is_no_header_is_not_sent_and_not_shown(make_line, server):
    for key in ("Basic secret\r\nX: y", "Basic schlüssel"):
        reply = make_line(Route(loopback=server.url), key).send(
            Request(method="GET", url=server.url + "/"), deadline=DEADLINE
        )
        assert reply.silence is Silence.BLOCKED
        assert "schl" not in reply.sentence
        assert "secret" not in reply.sentence


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=80),
        st.binary(max_size=80).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail),
        st.binary(max_size=80).map(lambda tail: OK[:-2] + tail),
        st.text("HTP/1. 0\r\n:ax-", max_size=60).map(str.encode),
    )
)
def test_no_answer_whatsoever_raises(post, server, answer):
    server.script = server.answer(answer, linger=False)
    reply = post(seconds=2)
    assert isinstance(reply, Reply) or reply.silence is Silence.CUT, (answer, reply)


def test_a_child_process_does_not_share_connections(post, server):
    server.script = server.for_ever(OK)
    assert post().status == 200
    child = os.fork()
    if child == 0:
        reply = post()
        os._exit(0 if isinstance(reply, Reply) and reply.status == 200 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert post().status == 200
    assert server.connections == 2  # the parent's is as it was


@pytest.mark.surface("S8")
def test_nothing_secret_is_logged(post, server, caplog):
    caplog.set_level("DEBUG")
    server.script = server.answer(
        b"HTTP/1.1 401 No\r\nbad header top-secret-key\r\nContent-Length: 14\r\n\r\ntop-secret-key",
        linger=False,
    )
    assert post(b"uid-of-somebody").status == 401
    assert not re.search("top-secret-key|uid-of-somebody", caplog.text)
