"""CSV files: separators, headers, quotes, and which rows are rejected."""

import io

import pytest

from fsdest.records import cells, readers
from fsdest.records.csv_rows import separator
from fsdest.records.rows import RECORD_LIMIT, RejectedRow, Row


def test_rows_are_records_with_the_line_on_which_each_begins(read):
    assert read(b'uid,note\nann,"two\nlines"\n\nbob,one\n') == [
        Row(2, {"uid": "ann", "note": "two\nlines"}),
        Row(5, {"uid": "bob", "note": "one"}),
    ]


@pytest.mark.parametrize("one", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_content(records, one):
    content = f'a{one}b{one}c\nx{one}"y, z; w"{one}1\n'.encode()

    assert records(content) == [{"a": "x", "b": "y, z; w", "c": 1}]


def test_a_separator_that_fits_all_rows_goes_before_one_that_makes_more_columns():
    assert separator("a;b,c,d\nx;y\nz;w, v\n") == ";"
    assert separator("only\none\n") == ","
    assert separator("a|b\n1|2\n3|4\ncut") == "|"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do_and_the_last_may_be_missing(read, end):
    content = end.join(["a,b", "x,1", "y,2"]).encode()

    assert read(content) == [Row(2, {"a": "x", "b": 1}), Row(3, {"a": "y", "b": 2})]


def test_a_byte_order_mark_is_not_part_of_the_first_name(records):
    assert records(b"\xef\xbb\xbfa,b\nx,y\n") == [{"a": "x", "b": "y"}]


def test_header_names_are_stripped_and_dotted_ones_nest(records):
    content = b" uid , properties.plan,properties.team.size,No.,Approx. cost\nann,pro,3,7,x\n"

    assert records(content) == [
        {
            "uid": "ann",
            "properties": {"plan": "pro", "team": {"size": 3}},
            "No.": 7,
            "Approx. cost": "x",
        }
    ]


def test_an_object_without_attributes_is_left_out(records):
    content = b"uid,p.n,p.m,q.none\nann,1,,\nbob,,,\n"

    assert records(content) == [{"uid": "ann", "p": {"n": 1}}, {"uid": "bob"}]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("a,,c", "Column 2 has no name"),
        ("a,b, ", "Column 3 has no name"),
        ("a,b, a", "columns 1 and 3 have the same name, “a”"),
        ("a,a.b", "“a” and “a.b” are both columns"),
        ("a.b,a", "“a” and “a.…” are both columns"),
        ("a.b.c,a.b", "“a.b” and “a.b.…” are both columns"),
        ("7,ann@example.com,pro", "holds “ann@example.com”, so it looks like data"),
        ("ann,2024-01-01", "holds “2024-01-01”, so it looks like data"),
        ("1,2.5,", "holds “1”, so it looks like data"),
        ('"a,b', "The header cannot be read: a quote is opened and never closed"),
        (",".join(f"c{n}" for n in range(10_001)), "10,001 columns"),
    ],
)
def test_a_header_that_cannot_be_used_refuses_the_file(refusal, header, sentence):
    assert sentence in refusal(f"{header}\n".encode())


def test_a_header_alone_is_a_file_without_rows(read):
    assert read(b"a,b\n") == []


def test_years_among_names_are_a_header(records):
    assert records(b"plan,2023,2024\npro,1,2\n") == [{"plan": "pro", "2023": 1, "2024": 2}]


def test_a_file_of_one_column_may_hold_commas(records):
    assert records(b"note\nhello, world\nbye\n") == [{"note": "hello, world"}, {"note": "bye"}]


def test_rows_of_another_width_are_rejected_and_the_others_read(read):
    assert read(b"a,b\nx,1\nx\nx,2,3\ny,4\n") == [
        Row(2, {"a": "x", "b": 1}),
        RejectedRow(3, "the row has 1 cell, the header 2", "x"),
        RejectedRow(4, "the row has 3 cells, the header 2", "x,2,3"),
        Row(5, {"a": "y", "b": 4}),
    ]


def test_a_stray_quote_costs_its_own_line_only(read):
    rows = read(b'a,b\n1,"five inch\n2,"good"\n3,x\n')

    assert rows[0] == RejectedRow(
        2,
        "text follows a closing quote; a quote inside a quoted cell is written twice",
        '1,"five inch',
    )
    assert rows[1:] == [Row(3, {"a": 2, "b": "good"}), Row(4, {"a": 3, "b": "x"})]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(read):
    lines = "".join(f"{n},x\n" for n in range(50_000))

    rows = read(f'a,b\n0,"open\n{lines}'.encode())

    assert rows[0].line_number == 2
    assert "not closed within 1,000 lines" in rows[0].reason
    assert [row.record["a"] for row in rows[1:]] == list(range(50_000))
    assert [row.line_number for row in rows[1:]] == list(range(3, 50_003))


def test_a_quote_open_at_the_end_of_the_file_costs_its_own_line_only(read):
    assert read(b'a,b\n1,x\n2,"open\n3,y\n') == [
        Row(2, {"a": 1, "b": "x"}),
        RejectedRow(3, "a quote is opened and never closed", '2,"open'),
        Row(4, {"a": 3, "b": "y"}),
    ]


def test_a_quote_inside_an_unquoted_cell_is_text(records):
    assert records(b'a,b\n5" pipe,x\n') == [{"a": '5" pipe', "b": "x"}]


def test_quotes_that_always_open_again_do_not_take_forever(read):
    """Each line closes what the one before it opened, and opens anew: one row without end."""
    rows = read(b"a,b,c\n" + b'a",x"b,"c\n' * 20_000)

    assert len(rows) == 20_000
    assert "not closed within 1,000 lines" in rows[0].reason
    assert "not closed within 10 lines" in rows[100].reason


def test_a_row_with_a_nul_is_rejected_and_its_excerpt_can_be_stored(read):
    rows = read(b"a,b\nx,1\ny\0z,2\nw,3\n")

    assert rows[1] == RejectedRow(3, "the row holds a NUL byte", "y␀z,2")
    assert [rows[0].record["a"], rows[2].record["a"]] == ["x", "w"]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("character", ["x", "界"])
@pytest.mark.surface("S14")
def test_a_row_that_is_too_large_is_rejected_and_the_next_is_read(read, quote, character):
    large = character * (RECORD_LIMIT // len(character.encode()) + 10)

    rows = read(f"a,b\n{quote}{large}{quote},1\ny,2\n".encode())

    assert [(row.line_number, row.reason) for row in rows[:1]] == [
        (2, "the row is larger than 1 MiB")
    ]
    assert len(rows[0].excerpt) == 200
    assert rows[1:] == [Row(3, {"a": "y", "b": 2})]


@pytest.mark.parametrize("shift", range(4))
def test_a_row_that_is_cut_inside_a_character_is_no_fault_of_the_file(read, shift):
    large = "x" * shift + "😀" * 400_000

    rows = read(f"a,b\n{large},1\n{large},😀\ny,2\n".encode())

    assert [row.line_number for row in rows] == [2, 3, 4]
    assert {row.reason for row in rows[:2]} == {"the row is larger than 1 MiB"}


def test_a_large_row_within_the_limit_is_read(records):
    large = "x" * (RECORD_LIMIT - 100)

    assert records(f"a,b\n{large},1\n".encode()) == [{"a": large, "b": 1}]


@pytest.mark.surface("S14")
def test_a_huge_line_is_never_held_whole(read):
    huge = io.BytesIO(b"a,b\nx,1\n" + b"z" * (30 * 2**20) + b",2\ny,3\n")

    rows = list(readers.read(huge))

    assert [row.line_number for row in rows] == [2, 3, 4]
    assert rows[1].reason == "the row is larger than 1 MiB"


def test_a_file_that_is_not_utf8_says_where(refusal):
    content = b"a,b\n" + b"x,y\n" * 50_000 + "é,y\n".encode("latin-1")

    sentence = refusal(content)

    assert "not UTF-8: byte 200,005, on line 50,002" in sentence


def test_characters_that_span_chunks_are_kept(records):
    text = "ä界😀" * 30_000

    assert records(f'a,b\n"{text}",1\n'.encode()) == [{"a": text, "b": 1}]


def test_rows_that_span_chunks_are_kept_and_numbered(monkeypatch, read):
    monkeypatch.setattr("fsdest.records.files.CHUNK_BYTES", 7)
    content = b'a,b\n"x\r\ny","1"\r\n"",2\r\n"z, ""q""",3\r\nw,4\r\n'

    assert read(content) == [
        Row(2, {"a": "x\r\ny", "b": 1}),
        Row(4, {"a": "", "b": 2}),
        Row(5, {"a": 'z, "q"', "b": 3}),
        Row(6, {"a": "w", "b": 4}),
    ]


def test_a_row_of_too_many_lines_is_taken_for_a_stray_quote(monkeypatch, read):
    monkeypatch.setattr(cells, "LINES_IN_ROW", 3)

    rows = read(b'a,b\n"1\n2\n3",x\n"1\n2\n3\n4",x\n')

    assert rows[0] == Row(2, {"a": "1\n2\n3", "b": "x"})
    assert isinstance(rows[1], RejectedRow)
    assert rows[1].line_number == 5
