"""The two tabs: reading what `write` typed gives the same configuration again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import by_hand, catalogue, limits
from fsdest.payloads import headers
from fsdest.payloads.configuration import Batch, Configuration, Value
from fsdest.web import manual_form, template_form
from fsdest.web.typed import Typed, whole_number

words = st.text(min_size=1, max_size=12).filter(lambda text: text == text.strip() and text)
names = st.from_regex(r"[a-z][a-z_]{0,8}(\.[a-z]{1,4})?", fullmatch=True)
values = st.builds(Value, st.sampled_from(["attribute", "constant", "text"]), words)
sizes = {"records": st.integers(0, 10**6), "max_bytes": st.integers(0, 10**12)}
sizes["max_age_s"] = st.integers(0, 10**6)


@st.composite
def from_a_template(draw: st.DrawFn) -> Configuration:
    endpoint = draw(st.sampled_from(catalogue.ENDPOINTS))
    filled = {each.path: draw(st.none() | values) for each in endpoint.fields}
    given_ = {each.name: draw(st.none() | values) for each in endpoint.parameters}
    batch = Batch(
        records=draw(sizes["records"]),
        max_bytes=draw(sizes["max_bytes"]),
        max_age_s=draw(sizes["max_age_s"]),
        settings=(("name", endpoint.envelope),),
    )
    return Configuration(
        endpoint=endpoint,
        mapping=tuple((path, value) for path, value in filled.items() if value),
        parameters=tuple((name, value) for name, value in given_.items() if value),
        kinds=tuple(draw(st.dictionaries(names, st.sampled_from(limits.PROPERTY_TYPES))).items()),
        rest=draw(st.sampled_from([endpoint.rest, ""])),
        exclude=tuple(draw(st.lists(words, unique=True, max_size=3))),
        batch=batch if endpoint.max_records > 1 else None,
        echo=draw(st.booleans()),
    )


header = st.tuples(st.from_regex(r"X-[A-Za-z]{1,6}", fullmatch=True), st.text('ab,:" ', max_size=8))


@st.composite
def by_the_hand(draw: st.DrawFn) -> Configuration:
    algorithm = draw(st.sampled_from([key for key, _ in manual_form.ALGORITHMS]))
    settings = tuple((name, draw(words)) for name in manual_form.SETTINGS[algorithm])
    batch = Batch(
        records=draw(sizes["records"]),
        max_bytes=draw(sizes["max_bytes"]),
        max_age_s=draw(sizes["max_age_s"]),
        algorithm=algorithm,
        settings=settings,
    )
    typed = draw(st.lists(header, max_size=3, unique_by=lambda pair: pair[0].lower()))
    url = draw(st.sampled_from(["https://api.fullstory.com/v2/users/batch", "https://a.b/{now}"]))
    return Configuration(
        endpoint=by_hand.endpoint(draw(st.sampled_from(by_hand.METHODS)), url),
        rest="record",
        exclude=tuple(draw(st.lists(words, unique=True, max_size=3))),
        headers=headers.check(tuple(typed)).headers,
        content_format=draw(st.sampled_from(["json", "xml", "form"])),
        batch=draw(st.sampled_from([None, batch])),
        echo=draw(st.booleans()),
    )


@given(from_a_template())
def test_a_template_read_from_what_was_written_is_the_same(configuration):
    typed = Typed(template_form.write(configuration))

    assert template_form.read(configuration.endpoint, typed) == (configuration, {})


@given(by_the_hand())
def test_a_call_by_hand_read_from_what_was_written_is_the_same(configuration):
    read, errors = manual_form.read(Typed(manual_form.write(configuration)))

    assert (read, errors) == (configuration, {})


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("50,000", 50_000), ("5 000", 5000), ("", None), ("-1", None), ("1e3", None),
     ("٣", None), ("9" * 30, None)],
)  # fmt: skip
def test_a_whole_number_is_digits_with_commas_or_blanks(text, number):
    assert whole_number(text) == number


def test_a_call_by_hand_begins_with_the_address_and_parameters_of_the_template():
    endpoint = catalogue.endpoint("delete-webhook-endpoint")
    template = Configuration(endpoint=endpoint, parameters=(("id", Value("attribute", "hook")),))

    started = manual_form.start(template, "https://api.fullstory.com")

    assert started.endpoint.url == "https://api.fullstory.com/webhooks/v1/endpoints/{record.hook}"
    assert started.endpoint.is_irreversible
    assert replace(started, endpoint=endpoint).batch is None
