"""A request as a person reads it: the key is nowhere, and the shell gets what would be sent."""

import shlex

from fsdest.exchange import Request
from fsdest.payloads import show


def request(body=b"", headers=(), method="POST"):
    return Request(method=method, url="https://a.test/x?[y]='z'", headers=headers, body=body)


def test_the_key_is_redacted_and_comes_first():
    headers = (("Content-Type", "application/json"), ("authorization", "Basic secret"))

    assert show.headers(request(headers=headers)) == (
        ("Authorization", "Basic ••••"),
        ("Content-Type", "application/json"),
    )


def test_json_is_indented_and_anything_else_is_as_it_is():
    assert show.body(request(b'{"a":[1]}')) == '{\n  "a": [\n    1\n  ]\n}'
    assert show.body(request(b"<a>1</a>")) == "<a>1</a>"
    assert show.body(request()) == ""
    assert show.body(request(b"\xff")) == "�"
    assert show.body(request(b"[" * 300 + b"]" * 300)) == "[" * 300 + "]" * 300


def test_a_long_body_is_cut_and_says_so():
    shown = show.body(request(b"x" * (show.LONGEST_SHOWN + 1_234)))

    assert shown.endswith("x\n… 1,234 more bytes")


def test_curl_sends_the_very_request_with_the_key_from_a_variable():
    headers = (("X-A", "it's"), ("Authorization", "Basic secret"))
    command = show.curl(request(b'{"a":"it\'s $HOME"}', headers))

    assert shlex.split(command.replace("\\\n", "")) == [
        "curl", "--globoff", "-X", "POST", "https://a.test/x?[y]='z'",
        "-H", "Authorization: Basic $FULLSTORY_API_KEY",
        "-H", "X-A: it's",
        "--data-raw", "{\"a\":\"it's $HOME\"}",
    ]  # fmt: skip
    assert "secret" not in command


def test_curl_without_a_body_sends_none():
    assert "--data" not in show.curl(request(method="DELETE"))
