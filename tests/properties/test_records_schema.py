"""The schema counts what a plain count would, however the records come."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fsdest.records.schema import MISSING, Schema, value_at

keys = st.sampled_from(["a", "b", "c", "a.b", "b.c", "d"])
scalars = st.sampled_from(
    [None, True, 1, 1.5, "", "x", "2024-01-01", "2024-01-01T10:00:00Z", [], [1]]
)
records = st.recursive(
    scalars, lambda inner: st.dictionaries(keys, inner, max_size=4), max_leaves=8
).filter(lambda value: isinstance(value, dict))

KINDS = {str: "text", int: "number", float: "number", bool: "boolean"}
KINDS |= {dict: "object", list: "list", type(None): "null"}


def paths_in(record, prefix=""):
    for key, value in record.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from paths_in(value, f"{prefix}{key}.")


def counted(all_records):
    """The plain count: each path of each record once, by the value that is found there."""
    counts = {}
    texts = {}
    for record in all_records:
        for path in dict.fromkeys(paths_in(record)):
            value = value_at(record, path)
            assert value is not MISSING
            counts.setdefault(path, Counter())[KINDS[type(value)]] += 1
            if isinstance(value, str) and value:
                texts.setdefault(path, set()).add(value.startswith("2024"))
    for path, are_moments in texts.items():
        if are_moments == {True}:
            counts[path]["moment"] = counts[path].pop("text")
    return counts


def known(schema):
    return {one.path: Counter(one.kinds) for one in schema.attributes}


@given(st.lists(records, max_size=12))
def test_learning_one_by_one_counts_as_a_plain_count_does(given_records):
    schema = Schema()
    for record in given_records:
        schema.learn(record)

    assert known(schema) == counted(given_records)
    assert list(known(schema)) == list(counted(given_records))
    assert schema.records == len(given_records)
    assert all(one.present == sum(one.kinds.values()) for one in schema.attributes)


@given(st.lists(records, max_size=6), st.lists(st.integers(0, 5), max_size=40), st.integers(1, 30))
def test_learning_many_at_once_counts_the_same(some, picks, size):
    given_records = [some[pick] for pick in picks if pick < len(some)]
    schema = Schema()
    for start in range(0, len(given_records), size):
        schema.learn_all(given_records[start : start + size])

    assert known(schema) == counted(given_records)
    assert schema.records == len(given_records)


@given(st.lists(records, max_size=8), st.lists(records, max_size=8))
def test_merging_counts_as_learning_all_does(first, second):
    merged, other = Schema(), Schema()
    merged.learn_all(first)
    other.learn_all(second)

    merged.merge(other)

    assert known(merged) == counted(first + second)


@given(st.lists(records, max_size=12))
def test_json_says_all_that_is_known(given_records):
    schema = Schema()
    schema.learn_all(given_records)

    assert Schema.from_json(schema.to_json()).to_json() == schema.to_json()
