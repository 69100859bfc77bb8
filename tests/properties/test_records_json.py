"""JSON files: a list cut into its elements is what a parser says it is."""

import io
import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.records import blocks, files, json_names, readers

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
texts |= st.sampled_from(['"', "\\", '\\"', "{", "}", "[", "]", ",", '"}]', "\n"])
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
scalars |= st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
records = st.dictionaries(texts, values, max_size=4)


def read(content, chunk_bytes):
    with patch.object(files, "CHUNK_BYTES", chunk_bytes):
        return list(readers.read(io.BytesIO(content)))


@given(
    st.lists(records | values, max_size=8),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.integers(1, 40),
)
def test_each_element_of_a_list_is_one_row_or_one_rejection(elements, indent, ascii, chunk_bytes):
    content = json.dumps(elements, indent=indent, ensure_ascii=ascii).encode()

    rows = read(content, chunk_bytes)

    got = [row.record for row in rows if isinstance(row, readers.Row)]
    assert got == [element for element in elements if isinstance(element, dict)]
    assert [blocks.decode(blocks.encode(record)) for record in got] == got
    rejected = [row for row in rows if isinstance(row, readers.RejectedRow)]
    assert len(got) + len(rejected) == len(elements)
    assert {row.reason for row in rejected} <= {"the row is not a JSON object"}


@given(st.lists(records, min_size=1, max_size=8), st.integers(1, 40))
def test_each_line_is_one_record(originals, chunk_bytes):
    content = "\n".join(map(json.dumps, originals)).encode()

    rows = read(content, chunk_bytes)

    assert [row.record for row in rows] == originals
    assert [row.line_number for row in rows] == list(range(1, len(originals) + 1))


few = st.sampled_from(['"a"', '"b"', '"\\u0061"', '":"', '"\\u003a"', '"\\":"', '"\\u0022\\u003A"'])
objects = st.recursive(
    few,
    lambda inner: (
        st.lists(st.tuples(few, st.sampled_from([":", " : "]), inner).map("".join), max_size=4)
        .map(",".join)
        .map("{{{}}}".format)
        | st.lists(inner, max_size=2).map(",".join).map("[{}]".format)
    ),
    max_leaves=8,
)


def has_a_double(text):
    """The plain way: every object as its pairs."""
    found = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append([name for name, _ in pairs]))
    return any(len(set(names)) < len(names) for names in found)


@given(objects)
@pytest.mark.surface("S15")
def test_a_name_that_stands_twice_is_found_wherever_it_is(text):
    is_double = has_a_double(text)

    assert (json_names.first_double(text) is not None) == is_double
    assert not (is_double and json_names.are_single(text.encode(), json.loads(text)))


@given(st.integers())
def test_an_integer_is_exact_as_a_number_or_as_text(number):
    [row] = read(b'{"n":%d}' % number, 100)

    assert row.record["n"] == (number if abs(number) <= 2**53 else str(number))


@given(st.lists(records, min_size=1, max_size=4), st.data(), st.integers(1, 40))
def test_a_list_that_is_cut_off_is_never_taken_for_a_whole_one(originals, data, chunk_bytes):
    content = json.dumps(originals).encode()
    cut = content[: data.draw(st.integers(1, len(content) - 1))]

    with pytest.raises(readers.UnreadableFile, match=r"^The file is not a JSON list: .*\.$"):
        read(cut, chunk_bytes)


@given(st.sampled_from([b"[", b"{", b"[{", b'{"a":1}\n']), st.binary(max_size=200))
@pytest.mark.surface("S15")
def test_any_bytes_are_rows_or_a_sentence(start, content):
    try:
        rows = read(start + content, 30)
    except readers.UnreadableFile:
        return
    for row in rows:
        assert isinstance(row, readers.RejectedRow) or blocks.encode(row.record)
