"""CSV files: what a writer wrote is what is read, and the kind of a column is one for all."""

import csv
import io
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from fsdest.records import files, readers, unquoted
from fsdest.records.columns import Kind, kind_of, wider
from fsdest.records.schema import Schema

# NUL is refused in a row; all other characters may come.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
tricky = st.sampled_from(
    ['"', '""', ",", ";", "\n", "\r", "\r\n", " ", "1", "true", "\u2028", "\x85"]
)
cells = st.lists(texts | tricky, max_size=4).map("".join)
likely = st.sampled_from(["", "0", "1", "-7", "2.5", "true", "FALSE", "x", "00", "1e5", "9" * 20])

tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=12)
)


def written(rows, **dialect):
    content = io.StringIO(newline="")
    writer = csv.writer(content, **dialect)
    writer.writerow([f"c{n}" for n in range(len(rows[0]))])
    writer.writerows(rows)
    return content.getvalue().encode()


def read(content, chunk_bytes=2**16):
    with patch.object(files, "CHUNK_BYTES", chunk_bytes):
        return list(readers.read(io.BytesIO(content)))


@given(
    tables,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.integers(1, 100),
)
def test_texts_are_read_back_as_they_were_written(rows, separator, end, quoting, chunk_bytes):
    # A word at the end makes every column text, and a first row of plain words tells the separator.
    words = [["word"] * len(rows[0])] * 50
    rows = [*words, *rows]
    # With "\n", the writer leaves a lone "\r" unquoted, which then is a line end.
    if end == "\n":
        quoting = csv.QUOTE_ALL

    content = written(rows, delimiter=separator, lineterminator=end, quoting=quoting)

    assert [list(row.record.values()) for row in read(content, chunk_bytes)] == rows


@given(
    st.lists(
        st.sampled_from(["a", "1", "", '"', ",", ";", "\n", "\r", "\r\n", "\x85", "\u2028", " "])
    ),
    st.sampled_from([",", ";"]),
    st.integers(0, 4),
)
def test_what_is_split_without_a_csv_reader_is_what_a_csv_reader_finds(parts, separator, width):
    text = "".join(parts)

    columns = unquoted.columns(text, separator, width)

    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    is_plain = '"' not in text and "\r" not in text.replace("\r\n", "")
    if columns is not None:
        assert is_plain
        assert [list(row) for row in zip(*columns, strict=True)] == rows
    elif is_plain and width > 1:
        assert not rows or {len(row) for row in rows} != {width}


names = st.lists(st.sampled_from(["a", "b.c", "b.d", "b.e.f", "No.", "g"]), min_size=1, unique=True)


@given(
    names.flatmap(
        lambda some: st.tuples(
            st.just(some),
            st.lists(
                st.lists(likely | tricky, min_size=len(some), max_size=len(some)), max_size=12
            ),
        )
    ),
    st.integers(1, 100),
)
def test_what_the_columns_of_a_batch_teach_is_what_its_records_do(table, chunk_bytes):
    header, rows = table
    content = io.StringIO(newline="")
    csv.writer(content).writerows([header, *rows])
    of_columns, of_records = Schema(), Schema()

    with patch.object(files, "CHUNK_BYTES", chunk_bytes):
        for batch in readers.read(io.BytesIO(content.getvalue().encode())).batches():
            of_columns.learn_batch(batch)
            of_records.learn_all(batch.records)

    assert sorted(of_columns.attributes, key=str) == sorted(of_records.attributes, key=str)
    assert of_columns.records == of_records.records


@given(
    st.lists(likely | cells, min_size=1, max_size=8).flatmap(
        lambda column: st.tuples(st.just(column), st.permutations(column))
    )
)
def test_the_kind_of_a_column_does_not_depend_on_the_order_of_its_rows(both):
    column, shuffled = both

    of_batches = Kind.EMPTY
    for cell in shuffled:
        of_batches = wider(of_batches, kind_of([cell]))

    assert kind_of(column) is kind_of(shuffled) is of_batches


@given(st.lists(likely, min_size=1, max_size=8))
def test_all_values_of_a_column_have_one_kind_and_numbers_keep_their_value(column):
    rows = read(written([["id", cell] for cell in column]))

    got = [row.record.get("c1") for row in rows]
    kinds = {type(value) for value in got if value is not None}
    assert kinds in ({str}, {int}, {bool}, {int, float}, {float}, set())
    for cell, value in zip(column, got, strict=True):
        if isinstance(value, bool):
            assert str(value).lower() == cell.lower()
        elif isinstance(value, int | float):
            assert value == float(cell)
        elif isinstance(value, str):
            assert value == cell
        else:
            assert cell == ""


WITH_NUL = "n\0,4"
lines = st.sampled_from(["a,1", "b,2", "x", "x,y,z", '"q",3', '"q"q,3', WITH_NUL, "", '"",""'])
texts = st.lists(lines, max_size=40).filter(lambda some: some.count(WITH_NUL) <= 8)  # not binary


@given(texts, st.integers(1, 60))
def test_every_line_ends_as_one_row_or_one_rejection(given_lines, chunk_bytes):
    content = "\n".join(["name,n", *given_lines]).encode()

    rows = read(content, chunk_bytes)

    expected = [number for number, line in enumerate(given_lines, 2) if line]
    assert [row.line_number for row in rows] == expected
    good = {"a,1", "b,2", '"q",3', '"",""'}
    for row in rows:
        is_good = given_lines[row.line_number - 2] in good
        assert isinstance(row, readers.Row) is is_good


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_rows_or_a_sentence(content, chunk_bytes):
    try:
        rows = read(b"a,b\n" + content, chunk_bytes)
    except readers.UnreadableFile:
        return
    for row in rows:
        assert isinstance(row, readers.RejectedRow) or set(row.record) <= {"a", "b"}


@given(st.lists(st.sampled_from(['"', ",", "\n", "x", "\r"]), max_size=60).map("".join))
def test_quotes_in_any_place_lose_no_line(tail):
    """Each line with something in it is part of a row, or rejected itself."""
    rows = read(f"a,b\n{tail}\n1,2\n".encode())

    assert rows
    numbers = [row.line_number for row in rows]
    assert numbers == sorted(set(numbers))
