"""Blocks give back what went in, whatever it was."""

from hypothesis import given
from hypothesis import strategies as st

from fsdest.records import blocks

texts = st.text(st.characters(codec="utf-8"), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
scalars |= st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)
records = st.dictionaries(texts, values, max_size=6)


@given(st.lists(records, max_size=30))
def test_records_come_back_equal_and_in_order(originals):
    data = blocks.pack([blocks.encode(record) for record in originals])

    assert [blocks.decode(line) for line in blocks.unpack(data)] == originals


@given(st.lists(st.binary(min_size=1, max_size=50).filter(lambda line: b"\n" not in line)))
def test_lines_come_back_byte_for_byte(lines):
    assert blocks.unpack(blocks.pack(lines)) == lines


@given(
    st.lists(st.lists(st.integers(1, 5000), max_size=20), max_size=9),
    st.integers(1, 10),
    st.integers(1, 20_000),
)
def test_cutting_keeps_every_line_in_order_within_the_limits(batches, count, size):
    lines_of = [[b"%0*d" % (one, at) for at, one in enumerate(sizes)] for sizes in batches]
    lines = [line for some in lines_of for line in some]

    with_limits = blocks.RECORDS_PER_BLOCK, blocks.BYTES_PER_BLOCK
    blocks.RECORDS_PER_BLOCK, blocks.BYTES_PER_BLOCK = count, size
    try:
        runs = list(blocks.cut(lines))
        of_batches = list(blocks.cut_all(lines_of))
    finally:
        blocks.RECORDS_PER_BLOCK, blocks.BYTES_PER_BLOCK = with_limits

    assert of_batches == runs
    assert [line for run in runs for line in run] == lines
    assert all(1 <= len(run) <= count for run in runs)
    assert all(sum(map(len, run[:-1])) < size for run in runs)


@given(st.binary(max_size=300))
def test_rubbish_is_a_value_error_or_some_lines(data):
    try:
        lines = blocks.unpack(data)
    except ValueError:
        return
    assert all(isinstance(line, bytes) for line in lines)
