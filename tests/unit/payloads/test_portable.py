"""A destination as a file: out and in again, and one sentence for every wrong one."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import by_hand, catalogue
from fsdest.payloads import configuration as configurations
from fsdest.payloads import plain_yaml, portable
from fsdest.payloads.configuration import Batch, Configuration, Value
from fsdest.payloads.plain_yaml import UnreadableError

SIMPLE = """\
fsdest: destination
format: 1
name: Users
connector: fullstory
credential: Sandbox
endpoint: create-or-update-user
mapping:
  uid: {attribute: uid}
"""

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
)
names = st.text("abcdefgh_. ", min_size=1, max_size=10)
values = st.builds(Value, st.sampled_from(["attribute", "constant", "text"]), texts)
batches = st.builds(
    Batch,
    records=st.integers(1, 50_000),
    max_bytes=st.integers(1, 10**9),
    max_age_s=st.integers(0, 3600),
    algorithm=st.sampled_from(["object", "array", "object_constant", "by_value", "template"]),
    settings=st.dictionaries(
        st.sampled_from(["name", "attribute", "value", "template"]), texts
    ).map(lambda found: tuple(found.items())),
)


def pairs(of):
    return st.dictionaries(names, of, max_size=4).map(lambda found: tuple(found.items()))


@st.composite
def configured(draw) -> Configuration:
    url = "https://a.example/{record.id}?x=" + draw(st.text("abc", max_size=3))
    manual = by_hand.endpoint(draw(st.sampled_from(by_hand.METHODS)), url)
    endpoint = draw(st.sampled_from([*catalogue.ENDPOINTS, manual]))
    return Configuration(
        endpoint=endpoint,
        mapping=draw(pairs(values)),
        parameters=draw(pairs(values)),
        kinds=draw(pairs(st.sampled_from(["str", "int", "bools"]))),
        rest=draw(st.sampled_from(["", endpoint.rest])),
        exclude=tuple(draw(st.lists(texts, max_size=3, unique=True))),
        headers=draw(pairs(texts)),
        content_format=draw(st.sampled_from(["json", "xml", "form"])),
        batch=draw(st.none() | batches),
        echo=draw(st.booleans()),
    )


def refusal(text: str) -> str:
    with pytest.raises(UnreadableError) as refused:
        portable.read(text.encode())
    return str(refused.value)


@given(configured(), texts.filter(str.strip), st.text("abc ", max_size=5))
def test_what_is_written_is_read_as_it_was(configuration, name, credential):
    written = portable.write(name, "fullstory", credential, configuration)

    found = portable.read(written.encode())

    assert (found.name, found.credential, found.left_out) == (name, credential, ())
    assert found.configuration == configuration


def test_a_file_reads_as_a_person_would_write_it():
    guessed = configurations.guess(catalogue.endpoint("batch-create-users"), ["uid", "email"])
    configuration = replace(guessed, exclude=("ssn",), moment="2026-01-01")

    assert portable.write("Users", "fullstory", "Sandbox", configuration) == (
        "# A destination of fsdest, without secrets. Read it with: manage.py import FILE\n"
        "fsdest: destination\n"
        "format: 1\n"
        "name: Users\n"
        "connector: fullstory\n"
        "credential: Sandbox\n"
        "endpoint: batch-create-users\n"
        "mapping:\n"
        "  uid: {attribute: uid}\n"
        "  email: {attribute: email}\n"
        "other_attributes: properties\n"
        "exclude: [ssn]\n"
        "content_format: json\n"
        "batch:\n"
        "  records: 50000\n"
        "  max_bytes: 16777216\n"
        "  max_age_s: 0\n"
        "  algorithm: object\n"
        "  settings: {name: requests}\n"
        "echo: false\n"
    )


def test_what_is_not_said_is_as_usual():
    found = portable.read(SIMPLE.encode()).configuration

    assert found.rest == "properties"
    assert found.batch is None
    assert found.content_format == "json"


def test_secrets_stay_where_they_are_and_their_places_are_named():
    webhook = Configuration(
        endpoint=catalogue.endpoint("create-webhook-endpoint"),
        mapping=(
            ("url", Value("constant", "https://a.example/hook")),
            ("secret", Value("constant", "hush-hush")),
        ),
    )
    manual = Configuration(
        endpoint=by_hand.endpoint("POST", "https://a.example/?api_key=hush-hush&x={record.x}"),
        rest="record",
        headers=(("X-Api-Key", "hush-hush"), ("X-Source", "crm")),
        batch=Batch(
            records=5,
            algorithm="object_constant",
            settings=(("name", "all"), ("attribute", "token"), ("value", "hush-hush")),
        ),
    )
    for configuration, places in (
        (webhook, ("mapping.secret",)),
        (manual, ("headers.X-Api-Key", "url", "batch.value")),
    ):
        written = portable.write("A", "fullstory", "K", configuration)

        assert "hush" not in written
        assert portable.read(written.encode()).left_out == places
    assert portable.read(written.encode()).configuration.headers == (("X-Source", "crm"),)


def test_a_secret_that_comes_from_each_record_is_none_of_ours():
    configuration = Configuration(
        endpoint=by_hand.endpoint("POST", "https://a.example/?key={record.key}"),
        mapping=(("secret", Value("attribute", "secret")),),
    )

    found = portable.read(portable.write("A", "fullstory", "", configuration).encode())

    assert found.configuration == configuration


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is not a list of settings"),
        ("- a\n- b\n", "The file is not a list of settings"),
        ("a: [1, 2\nb: 3\n", "Line 2: this is not YAML: "),
        (f"{SIMPLE}\tx: 1\n", "this is not YAML"),
        ("name: 'a\0b'", "This is not YAML: "),
        ('name: "a\\0b"\n', "Line 1: this text holds what is no character."),
        ('name: "a\\ud800b"\n', "Line 1: this text holds what is no character."),
        ("a: &x 1\nb: *x\n", "Line 1: anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", "Line 1: tags (tag:yaml.org,2002:python"),
        ("a: !ours 1\n", "Line 1: tags (!ours) are not taken."),
        ("a: 1\n---\nb: 2\n", "Line 2: a second document begins"),
        ("a: 1\nb: {c: 1, c: 2}\n", "Line 2: c is given twice."),
        ("a: {b: {c: 1}}\na: 2\n", "Line 2: a is given twice."),
        ("? [a, b]\n: 1\n", "Line 1: a name must be a text."),
        ("a: " + "[" * 5000, "Line 1: this is nested too deeply."),
        ("name: 2026-13-45\n", "A value looks like a date or a number"),
        ("x: " + "9" * 5000, "A value looks like a date or a number"),
        ("a: " + "x" * plain_yaml.LARGEST, "The file has more than 256 KiB"),
        (SIMPLE.replace("fsdest: destination", "fsdest: source"), "fsdest: this is no file"),
        (SIMPLE.replace("fsdest: destination\n", ""), "fsdest: this is missing."),
        (SIMPLE.replace("format: 1", "format: 2"), "format: 2 is not known here"),
        (SIMPLE.replace("format: 1", "format: true"), "format: this must be a whole number"),
        (SIMPLE.replace("name: Users", "name: 5"), "name: this must be a text"),
        (SIMPLE.replace("name: Users", "name: ' '"), "name: this is empty."),
        (SIMPLE.replace("name: Users", f"name: {'x' * 201}"), "name: at most 200 characters"),
        (SIMPLE.replace("connector: fullstory", "connector: s3"), "connector: this must be one of"),
        (SIMPLE.replace("create-or-update-user", "create-cat"), "endpoint: this must be one of"),
        (
            SIMPLE.replace("create-or-update-user", "{method: POST}"),
            "endpoint.url: this is missing",
        ),
        (SIMPLE.replace("create-or-update-user", "{method: GO, url: x}"), "endpoint.method: this"),
        (
            SIMPLE.replace("create-or-update-user", "{method: POST, url: x, more: y}"),
            "endpoint.more: there is no such field.",
        ),
        (SIMPLE.replace("{attribute: uid}", "uid"), "mapping.uid: this must be a list of names"),
        (SIMPLE.replace("{attribute: uid}", "{field: uid}"), "mapping.uid: say one of attribute"),
        (SIMPLE.replace("{attribute: uid}", "{}"), "mapping.uid: say one of attribute"),
        (SIMPLE.replace("{attribute: uid}", "{constant: 5}"), "mapping.uid.constant: this must be"),
        (SIMPLE.replace("  uid:", "  5:"), "mapping.5: a name must be a text"),
        (f"{SIMPLE}exclude: a\n", "exclude: this must be a list of texts."),
        (f"{SIMPLE}property_types: {{a: text}}\n", "property_types.a: this must be one of bool"),
        (f"{SIMPLE}other_attributes: record\n", "other_attributes: this must be one of"),
        (f"{SIMPLE}echo: 1\n", "echo: this must be true or false."),
        (f"{SIMPLE}batch: {{records: 0}}\n", "batch.records: this must be a whole number from 1."),
        (f"{SIMPLE}batch: {{records: 5, size: 6}}\n", "batch.size: there is no such field."),
        (
            f"{SIMPLE}batch: {{records: 5, settings: {{x: y}}}}\n",
            "batch.settings.x: there is no such setting.",
        ),
        (f"{SIMPLE}key: abc\n", "key: there is no such field."),
    ],
)
def test_a_wrong_file_gets_one_sentence(text, sentence):
    told = refusal(text)

    assert sentence in told
    assert "\n" not in told


def test_what_is_no_text_is_told_with_its_line():
    with pytest.raises(UnreadableError, match=r"Line 2: this is not UTF-8 text\."):
        portable.read(b"a: 1\nb: \xff\n")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_at_all_do_anything_but_be_refused(raw):
    with pytest.raises(UnreadableError):
        portable.read(raw)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(yaml.safe_load(SIMPLE) | {"batch": 0, "headers": 0})), plain)
def test_any_value_in_any_field_is_taken_or_told(field, value):
    text = yaml.safe_dump(yaml.safe_load(SIMPLE) | {field: value})

    try:
        found = portable.read(text.encode())
    except UnreadableError:
        return
    again = portable.write(found.name, found.connector, found.credential, found.configuration)
    assert portable.read(again.encode()).configuration == found.configuration
