"""Records that are built many at a time make the very calls that their payloads would."""

from dataclasses import replace
from itertools import starmap

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import by_hand, catalogue
from fsdest.payloads import configuration as configurations
from fsdest.payloads import group, render, runs
from fsdest.payloads.build import Part, Payload, Rejected, Renderer
from fsdest.payloads.configuration import Batch, Configuration, Value
from fsdest.payloads.runs import Joined
from tests.properties.test_payloads_build import NAMES, records

USERS = Configuration(
    endpoint=catalogue.endpoint("batch-create-users"),
    mapping=(("uid", Value("attribute", "uid")), ("display_name", Value("attribute", "name"))),
    rest="properties",
    exclude=("email", "a.b"),
    batch=Batch(records=3, settings=(("name", "requests"),)),
)
BY_HAND = Configuration(
    endpoint=by_hand.endpoint("POST", "https://example.com/in"),
    rest="record",
    exclude=("a", "properties.plan"),
    batch=Batch(records=3, algorithm="array"),
)
sizes = st.builds(
    lambda records, max_bytes: {"records": records, "max_bytes": max_bytes},
    st.integers(1, 250),
    st.integers(100, 20_000),
)
guessed = st.builds(
    lambda endpoint, paths, exclude, kinds: replace(
        configurations.guess(endpoint, paths),
        exclude=tuple(exclude),
        kinds=tuple((path, "str") for path in kinds),
    ),
    st.sampled_from([each for each in catalogue.ENDPOINTS if each.max_records > 1]),
    st.lists(st.sampled_from(NAMES), unique=True),
    st.lists(st.sampled_from(NAMES), max_size=2),
    st.lists(st.sampled_from(NAMES), max_size=2),
)
apart = st.sampled_from([USERS, BY_HAND]) | guessed.filter(lambda each: each.batch is not None)
users = st.fixed_dictionaries({"uid": st.text(max_size=5)}, optional={"name": st.text()})
blocks = st.lists(st.lists(records | users, min_size=1, max_size=6), max_size=3)


def joined(configuration: Configuration, found: list[tuple[int, list[bytes]]]) -> list[Joined]:
    """Return the calls of `found`, built many at a time, as a lane makes them."""
    renderer = Renderer(configuration)
    assert renderer.joined_target is not None

    def make(first: int, lines: list[bytes]) -> Part | None:
        together = renderer.part(range(first, first + len(lines)), lines)
        built = starmap(renderer.build, enumerate(lines, first))
        return together or runs.part([each for each in built if isinstance(each, Payload)])

    return list(group.joined(configuration, found, make, renderer.joined_target))


def one_by_one(
    configuration: Configuration, found: list[tuple[int, list[bytes]]]
) -> list[tuple[Payload, ...]]:
    """Return the same calls, made of a payload for each record."""
    renderer = Renderer(configuration)
    lines = [(offset, line) for first, some in found for offset, line in enumerate(some, first)]
    built = starmap(renderer.build, lines)
    payloads = (each for each in built if isinstance(each, Payload))
    return list(group.calls(configuration, payloads))


@given(apart, blocks, st.integers(1, 60), sizes)
def test_they_are_grouped_and_written_as_their_payloads_would_be(configuration, some, times, size):
    configuration = replace(configuration, batch=replace(configuration.batch, **size))
    found, first = [], 7
    for block in some:
        lines = [orjson.dumps(record) for record in block] * times
        found.append((first, lines))
        first += len(lines)

    together, apart = joined(configuration, found), one_by_one(configuration, found)

    assert [render.body(configuration, run) for run in together] == [
        render.body(configuration, run) for run in apart
    ]
    assert [list(runs.offsets(run)) for run in together] == [
        list(runs.offsets(run)) for run in apart
    ]
    assert [len(run) for run in together] == [len(run) for run in apart]
    assert [tuple(run) for run in together] == apart
    assert {runs.target(run) for run in together} == {runs.target(run) for run in apart}


@given(apart, st.lists(records, min_size=1, max_size=5))
def test_a_part_is_only_made_where_no_record_is_rejected(configuration, some):
    renderer = Renderer(configuration)
    lines = [orjson.dumps(record) for record in some]

    part = renderer.part(range(len(lines)), lines)

    built = list(starmap(renderer.build, enumerate(lines)))
    if part is None:
        assert any(isinstance(each, Rejected) for each in built)
    else:
        assert tuple(part.order_keys) == tuple(each.order_key for each in built)
        assert part.items == b",".join(each.item for each in built)


@pytest.mark.parametrize("line", [b"[]", b"1", b"null", b"{", b'{"uid":"a"},{"uid":"b"}', b""])
def test_what_is_not_one_object_makes_no_part(line):
    assert Renderer(USERS).part(range(2), [b'{"uid":"a"}', line]) is None


def test_a_line_in_two_halves_is_not_taken_for_one_record():
    halves = [b'{"uid":"a","x":1', b'"y":2},{"uid":"b"}']

    assert Renderer(USERS).part(range(2), halves) is None


@pytest.mark.parametrize("depth", [250, 251, 252, 253, 254])
def test_records_at_the_edge_of_what_can_be_written_are_built_all_the_same(depth):
    deep = b'{"uid":"a","x":' + b"[" * depth + b"]" * depth + b"}"
    found = [(0, [deep, b'{"uid":"b"}'])]

    assert [tuple(run) for run in joined(USERS, found)] == one_by_one(USERS, found)


@pytest.mark.parametrize(
    "changed",
    [
        {"batch": None},
        {"batch": Batch(records=3, algorithm="by_value", settings=(("attribute", "a"),))},
        {"endpoint": by_hand.endpoint("POST", "https://example.com/{record.a}")},
        {"content_format": "xml"},
        {"content_format": "form"},
        {"exclude": ()},  # they travel as stored
    ],
)
def test_what_is_not_alike_is_built_one_by_one(changed):
    assert Renderer(replace(BY_HAND, **changed)).joined_target is None


def test_a_constant_object_that_another_field_reaches_into_is_not_shared():
    mapping = (
        ("uid", Value("attribute", "uid")),
        ("properties", Value("constant", '{"plan":"free"}')),
        ("properties.seats", Value("attribute", "seats")),
    )

    assert Renderer(replace(USERS, mapping=mapping)).joined_target is None
    assert Renderer(replace(USERS, mapping=mapping[:2])).joined_target is not None
