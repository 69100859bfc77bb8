"""Macros, headers, XML and forms under any text."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.payloads import forms, headers, macros, markup

MOMENT = macros.moment_of("2026-11-24T00:00:00Z")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
traps = st.sampled_from(["{now}", "{record.b}", "{messages}", "{YYYY}", "{", "}", "%7Brecord.b%7D"])
hostile = st.lists(texts | traps, max_size=5).map("".join)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | hostile,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
names = st.from_regex(r"X-[A-Za-z0-9-]{1,40}", fullmatch=True).filter(
    lambda name: not name.lower().startswith("x-forwarded-")
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)


@given(hostile, hostile)
@pytest.mark.surface("S17")
def test_macros_never_expand_what_they_put_in(a, b):
    made, _ = macros.compiled("<{record.a}|{record.b}>", MOMENT)({"a": a, "b": b})

    assert made == f"<{a}|{b}>"


@given(hostile, hostile)
@pytest.mark.surface("S17")
def test_in_a_url_a_value_stays_within_its_place(a, b):
    text = "https://a.test/x/{record.a}/y?q={record.b}&z=1"
    made, _ = macros.compiled(text, MOMENT, encode=macros.in_url)({"a": a, "b": b})
    parts = urlsplit(made)

    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "a.test", "")
    assert [unquote(part) for part in parts.path.split("/")] == ["", "x", a, "y"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", b), ("z", "1")]


@given(st.lists(hostile | st.sampled_from(["{record.a}"]), max_size=6).map("".join), json_values)
def test_any_text_compiles_and_fills(text, value):
    made, _ = macros.compiled(text, MOMENT)({"a": value})

    assert isinstance(made, str)


@given(st.lists(st.tuples(names, values), max_size=8, unique_by=lambda pair: pair[0].lower()))
def test_headers_that_are_written_are_read_as_they_were(pairs):
    parsed = headers.parse(headers.write(tuple(pairs)))

    assert parsed.problems == ()
    assert parsed.headers == tuple(pairs)


@given(texts | values | st.lists(st.sampled_from([",", ":", '"', "a", " ", "\n"])).map("".join))
def test_whatever_is_typed_only_sendable_headers_are_read(text):
    parsed = headers.parse(text)

    assert headers.check(parsed.headers).problems == ()
    for name, value in parsed.headers:
        assert name.isascii()
        assert value.isascii()
        assert not {"\r", "\n", "\0"} & set(name + value)
    assert headers.parse(headers.write(parsed.headers)) == headers.Parsed(parsed.headers, ())


@given(hostile.filter(bool), st.sampled_from(["", "x/", "?q="]))
def test_in_a_url_nothing_that_is_put_in_is_left_unencoded(value, before):
    made, _ = macros.compiled(f"{before}{{record.a}}", MOMENT, encode=macros.in_url)({"a": value})

    assert re.fullmatch(r"([A-Za-z0-9_.~-]|%[0-9A-F]{2})+", made.removeprefix(before))


@given(texts, json_values)
def test_any_json_makes_well_formed_xml(name, value):
    written = markup.DECLARATION + markup.element(name, value).encode()
    root = ElementTree.fromstring(written)

    if isinstance(value, dict | list):
        assert len(root) == len(value)


@given(
    st.text(
        st.sampled_from("\r\n\t") | st.characters(min_codepoint=0x20, max_codepoint=0xD7FF),
        min_size=1,
    )
)
def test_text_and_names_come_back_from_xml(text):
    root = ElementTree.fromstring(markup.element("record", {text: text}))

    assert root[0].text == text
    assert root[0].get("name", root[0].tag) == text


@given(st.dictionaries(texts.filter(lambda name: "." not in name), texts, max_size=6))
def test_a_flat_record_comes_back_from_a_form(record):
    assert dict(parse_qsl(forms.encode(record), keep_blank_values=True)) == record
