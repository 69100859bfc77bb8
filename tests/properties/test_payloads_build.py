"""Any record builds or is rejected, deterministically, and nothing excluded slips through."""

from dataclasses import replace
from xml.etree import ElementTree

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import by_hand, catalogue
from fsdest.payloads import configuration as configurations
from fsdest.payloads import group, render
from fsdest.payloads.build import Payload, Rejected, Renderer
from fsdest.payloads.configuration import Batch, Configuration
from fsdest.payloads.rest import drop_path
from fsdest.records.schema import MISSING, value_at

NAMES = [
    "uid",
    "user_id",
    "name",
    "email",
    "properties",
    "properties.plan",
    "a",
    "a.b",
    "id",
    "url",
    "event_types",
    "timestamp",
    "use_most_recent",
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | texts
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=4)
    ),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(NAMES) | texts, json_values, max_size=8)

templates = st.builds(
    lambda endpoint, paths, exclude, kinds: replace(
        configurations.guess(endpoint, paths),
        exclude=tuple(exclude),
        kinds=tuple((path, "str") for path in kinds),
        moment="2026-11-24T00:00:00Z",
    ),
    st.sampled_from(catalogue.ENDPOINTS),
    st.lists(st.sampled_from(NAMES), unique=True),
    st.lists(st.sampled_from(NAMES), max_size=2),
    st.lists(st.sampled_from(NAMES), max_size=2),
)
algorithms = st.sampled_from(["object", "array", "object_constant", "by_value", "template"])
settings = (("name", "a b"), ("attribute", "a.b"), ("value", "{}"), ("template", "{messages}"))
batches = st.builds(
    lambda records, algorithm: Batch(records=records, algorithm=algorithm, settings=settings),
    st.integers(1, 5),
    algorithms,
)
manual = st.builds(
    lambda url, content_format, exclude, batch: Configuration(
        endpoint=by_hand.endpoint("POST", url),
        rest="record",
        content_format=content_format,
        exclude=tuple(exclude),
        batch=batch,
    ),
    st.sampled_from(["https://a.test/in", "https://a.test/{record.a}/x?y={record.uid}"]),
    st.sampled_from(["json", "xml", "form"]),
    st.lists(st.sampled_from(NAMES), max_size=2),
    st.none() | batches,
)


@given(templates | manual, st.lists(records, max_size=4))
def test_any_record_builds_or_is_rejected_and_twice_the_same(configuration, some):
    lines = [orjson.dumps(record) for record in some]

    built = [Renderer(configuration).build(n, line) for n, line in enumerate(lines)]

    assert all(isinstance(each, Payload | Rejected) for each in built)
    assert all(each.reason.endswith(".") for each in built if isinstance(each, Rejected))
    stored = Configuration.from_json(orjson.loads(orjson.dumps(configuration.to_json())))
    assert built == [Renderer(stored).build(n, line) for n, line in enumerate(lines)]


@given(templates, records)
def test_the_order_key_of_a_record_is_that_of_its_payload(configuration, record):
    renderer = Renderer(configuration)
    line = orjson.dumps(record)
    payload = renderer.build(0, line)

    if isinstance(payload, Payload):
        assert renderer.order_key(orjson.loads(line)) == payload.order_key


@given(templates | manual, st.lists(records, min_size=1, max_size=6))
def test_every_body_is_well_formed_in_its_format(configuration, some):
    built = [Renderer(configuration).build(n, orjson.dumps(r)) for n, r in enumerate(some)]
    payloads = [each for each in built if isinstance(each, Payload)]

    for run in group.calls(configuration, payloads):
        request = render.request(configuration, run, base_url="https://api.fullstory.com")
        assert request.url.isascii()
        assert not any(c.isspace() for c in request.url)
        if not configuration.endpoint.has_body:
            assert request.body == b""
        elif configuration.content_format == "xml":
            ElementTree.fromstring(request.body)
        elif configuration.content_format == "json":
            orjson.loads(request.body)
        else:
            assert request.body.isascii()


@given(records, st.sampled_from(NAMES) | texts)
def test_what_is_dropped_is_not_found_again_and_nothing_else_is_lost(record, path):
    before = orjson.loads(orjson.dumps(record))
    had = value_at(before, path)

    drop_path(before, path)

    if had is MISSING:
        assert before == orjson.loads(orjson.dumps(record))
    kept = {name for name in record if name != path and not path.startswith(f"{name}.")}
    assert kept <= before.keys()


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), json_values, max_size=3),
    st.sampled_from(["a", "b", "a.x"]),
)
def test_an_excluded_attribute_is_in_no_body(record, path):
    canary = "canary-7c1f"
    record = {**record, "uid": "ann"}
    *parents, name = path.split(".")
    place = record
    for parent in parents:
        place[parent] = {}
        place = place[parent]
    place[name] = canary
    users = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid"])

    built = Renderer(replace(users, exclude=(path,))).build(0, orjson.dumps(record))

    assert canary.encode() not in built.item


@pytest.mark.parametrize("spaces", [0, 1, 2, 3])
def test_the_line_of_a_record_need_not_be_compact(spaces):
    users = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid"])
    blank = b" " * spaces

    built = Renderer(users).build(0, b"{" + blank + b'"uid"' + blank + b":" + blank + b'"ann"}')

    assert built.item == b'{"uid":"ann"}'


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]) | texts, json_values, max_size=4),
    st.sampled_from(["a", "b.x", "b.x.y"]),
    st.sampled_from(["json", "xml", "form"]),
    st.booleans(),
)
def test_by_hand_an_excluded_attribute_is_in_no_body(record, path, content_format, is_batched):
    canary = "canary-7c1f"
    place = record
    *parents, name = path.split(".")
    for parent in parents:
        place[parent] = {"kept": "still-here"}
        place = place[parent]
    place[name] = canary
    configuration = Configuration(
        endpoint=by_hand.endpoint("POST", "https://a.test/in"),
        rest="record",
        content_format=content_format,
        exclude=(path,),
        batch=Batch(records=2, algorithm="array") if is_batched else None,
    )

    built = Renderer(configuration).build(0, orjson.dumps(record))
    sent = render.request(configuration, [built], base_url="").body

    assert canary.encode() not in sent
    assert not parents or b"still-here" in sent
