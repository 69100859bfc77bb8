"""Headers as they are typed, and those that are refused with the reason."""

import pytest

from fsdest.payloads import headers


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("  ", ()),
        ("X-A:1", (("X-A", "1"),)),
        ("X-A:1,X-B:2", (("X-A", "1"), ("X-B", "2"))),
        (" X-A : 1 , X-B:2 ,", (("X-A", "1"), ("X-B", "2"))),
        ("X-A:", (("X-A", ""),)),
        ("X-Time:12:30:00", (("X-Time", "12:30:00"),)),
        ('X-A:"a, b: c",X-B:2', (("X-A", "a, b: c"), ("X-B", "2"))),
        ('X-A:"say ""hi"""', (("X-A", 'say "hi"'),)),
        ('X-A:" padded "', (("X-A", " padded "),)),
        ("X-A:1\nX-B:2", ()),
    ],
)
def test_pairs_are_read_from_text(text, pairs):
    assert headers.parse(text).headers == pairs


@pytest.mark.parametrize("text", ["X-A", "X-A:1,X-B", 'X-A:"open', 'X-A:"a"b', ",X-A:1", 'X-A:a"b'])
def test_what_is_no_list_of_pairs_is_said_to_be_that(text):
    (problem,) = headers.parse(text).problems

    assert problem.startswith("This is not a list of name:value pairs")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "AUTHORIZATION",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Cookie",
        "Proxy-Authorization",
        "Proxy-Anything",
        "Idempotency-Key",
        "Content-Encoding",
        "Expect",
        "Upgrade",
        "TE",
        "Trailer",
        "X-Forwarded-For",
    ],
)
@pytest.mark.surface("S6")
def test_headers_of_the_delivery_itself_are_refused_with_the_reason(name):
    parsed = headers.parse(f"X-A:1,{name}:x")

    assert parsed.headers == (("X-A", "1"),)
    assert len(parsed.problems) == 1
    assert parsed.problems[0].startswith(f"{name} cannot be set here: ")


def test_authorization_comes_from_the_credential():
    assert headers.parse("authorization:Basic x").problems == (
        "authorization cannot be set here: it comes from the credential.",
    )


@pytest.mark.parametrize(
    "pair",
    [
        ("X A", "1"),
        ("", "1"),
        ("X" * 65, "1"),
        ("X-Ü", "1"),
        ("X-A", "a\r\nb"),
        ("X-A", "ü"),
        ("X-A", "\x00"),
        ("X-A", "a" * 1_025),
    ],
)
@pytest.mark.surface("S6")
def test_what_a_header_cannot_carry_is_refused(pair):
    parsed = headers.check((pair,))

    assert parsed.headers == ()
    assert len(parsed.problems) == 1


def test_a_header_is_given_once():
    assert headers.parse("X-A:1,x-a:2").problems == ("x-a is given twice.",)


def test_there_is_a_most_of_headers():
    many = tuple((f"X-{n}", "1") for n in range(51))

    assert headers.check(many).headers == many[:50]
    assert headers.check(many).problems == ("At most 50 headers can be sent.",)
