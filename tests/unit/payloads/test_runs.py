"""Records that travel as they are stored make the calls that their payloads would."""

from dataclasses import replace
from itertools import chain

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import by_hand
from fsdest.payloads import group, render, runs
from fsdest.payloads.build import Renderer
from fsdest.payloads.configuration import Batch, Configuration
from fsdest.payloads.runs import Stored
from fsdest.records import ranges

BY_HAND = Configuration(
    endpoint=by_hand.endpoint("POST", "https://example.com/in"),
    rest="record",
    batch=Batch(records=3, max_bytes=60, algorithm="array"),
)
BLOCKS = st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=7), max_size=6)


def lines_of(blocks: list[list[int]]) -> list[tuple[int, list[bytes]]]:
    """Return records whose sizes are given, by the first offset of their block."""
    found, first = [], 10
    for sizes in blocks:
        found.append((first, [orjson.dumps({"a": "x" * size}) for size in sizes]))
        first += len(sizes)
    return found


@given(BLOCKS, st.integers(1, 5), st.integers(2, 120), st.sampled_from(["array", "object"]))
def test_stored_records_are_grouped_as_their_payloads_would_be(blocks, records, max_bytes, kind):
    batch = Batch(records=records, max_bytes=max_bytes, algorithm=kind, settings=(("name", "r"),))
    configuration = replace(BY_HAND, batch=batch)
    found = lines_of(blocks)
    renderer = Renderer(configuration)
    payloads = chain.from_iterable(
        (renderer.build(offset, line) for offset, line in enumerate(lines, first))
        for first, lines in found
    )

    one_by_one = list(group.calls(configuration, payloads))
    stored = list(group.stored(configuration, found, renderer.stored_target))

    assert [tuple(run) for run in stored] == one_by_one
    assert [render.body(configuration, run) for run in stored] == [
        render.body(configuration, run) for run in one_by_one
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"exclude": ("a",)},
        {"batch": Batch(records=3, algorithm="object_constant", settings=(("attribute", "b"),))},
        {"batch": Batch(records=3, algorithm="by_value", settings=(("attribute", "a"),))},
        {"batch": None},
        {"endpoint": by_hand.endpoint("POST", "https://example.com/{record.a}")},
        {"content_format": "xml"},
    ],
)
def test_whatever_depends_on_the_record_keeps_it_from_travelling_as_stored(changed):
    assert Renderer(replace(BY_HAND, **changed)).stored_target is None


def test_a_part_of_stored_records_is_such_again():
    run = Stored(5, [b"a", b"b", b"c", b"d"], "t")

    assert [payload.offset for payload in run[1:3]] == [6, 7]
    assert (run[-1].offset, run[-1].item) == (8, b"d")
    assert runs.items(run[2:]) == [b"c", b"d"]
    with pytest.raises(IndexError):
        run[4]


def test_offsets_are_a_range_where_they_follow_one_another():
    run = Stored(5, [b"a", b"b", b"c"], "t")

    assert runs.offsets(run) == range(5, 8)
    assert runs.offsets((run[0], run[2])) == [5, 7]
    assert ranges.pack(runs.offsets(run)) == [[5, 7]]
