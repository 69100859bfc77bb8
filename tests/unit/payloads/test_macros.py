"""Macros are put in once, from a moment that stands still, and never looked at again."""

import pytest

from fsdest.payloads import macros

MOMENT = macros.moment_of("2026-03-04T05:06:07+02:00")  # 03:06:07 UTC


def filled(text, record=None, **options):
    return macros.compiled(text, MOMENT, **options)(record or {})


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{YYYY}/{MM}/{DD} {HH}:{mm}:{ss}", "2026/03/04 03:06:07"),
        ("{now}", "2026-03-04T03:06:07Z"),
        ("{now-5}", "2026-02-27T03:06:07Z"),
        ("{now-5d}", "2026-02-27T03:06:07Z"),
        ("{now+2h}", "2026-03-04T05:06:07Z"),
        ("{now-7m}", "2026-03-04T02:59:07Z"),
        ("{now+1s}", "2026-03-04T03:06:08Z"),
        ("{now-99999d}", "1752-05-20T03:06:07Z"),
    ],
)
def test_times_are_those_of_the_moment_in_utc(text, made):
    assert filled(text) == (made, "")


def test_attributes_are_written_as_json_writes_them_and_texts_without_quotes():
    record = {"a": "x", "b": {"c": 1.5}, "d": [1, "y"], "e": True}

    assert filled("{record.a}|{record.b.c}|{record.d}|{record.e}", record) == (
        'x|1.5|[1,"y"]|true',
        "",
    )


@pytest.mark.parametrize("record", [{}, {"a": None}, {"a": ""}])
def test_a_missing_attribute_leaves_nothing_and_is_told(record):
    assert filled("<{record.a}>", record) == ("<>", "a")


@pytest.mark.surface("S17")
def test_what_a_macro_puts_in_is_not_looked_at_again():
    assert filled("{record.a}", {"a": "{now}{record.b}", "b": "x"}) == ("{now}{record.b}", "")


@pytest.mark.parametrize(
    "text", ["{7*7}", "{{}}", "{% x %}", "{0.__class__}", "{record}", "{nowhere}", "{record.}"]
)
def test_braces_that_are_no_macro_stay(text):
    assert filled(text, {"": "x"}) == (text, "")


@pytest.mark.surface("S17")
def test_in_a_url_only_what_is_put_in_is_encoded():
    made, _ = filled("https://a.test/{record.a}?q=1", {"a": "x/?&=#% ü"}, encode=macros.in_url)

    assert made == "https://a.test/x%2F%3F%26%3D%23%25%20%C3%BC?q=1"


@pytest.mark.parametrize("iso", ["", "yesterday"])
def test_a_configuration_that_was_never_saved_is_of_1970(iso):
    assert macros.moment_of(iso).year == 1970


def test_a_moment_without_a_zone_is_utc():
    assert macros.moment_of("2026-01-01T00:00:00").isoformat() == "2026-01-01T00:00:00+00:00"


def test_the_attributes_of_a_text_are_known():
    assert macros.paths("{record.a.b} {now} {record.c}") == ["a.b", "c"]
