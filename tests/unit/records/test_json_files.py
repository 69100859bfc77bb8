"""JSON files: lines, one object, a list; which rows are rejected, and which files."""

import io
import json

import pytest

from fsdest.records import blocks, readers
from fsdest.records.rows import RECORD_LIMIT, RejectedRow, Row


def as_lines(rows):
    return b"\n".join(rows)


def as_list(rows):
    return b"[" + b",\n".join(rows) + b"]"


both_forms = pytest.mark.parametrize("form", [as_lines, as_list])

GOOD = b'{"uid":"ann","n":{"x":[1,{"y":null}]}}'


@both_forms
def test_each_object_is_a_record_with_its_line(read, form):
    assert read(form([GOOD, b'{"uid":"b\\u00f6b"}'])) == [
        Row(1, json.loads(GOOD)),
        Row(2, {"uid": "böb"}),
    ]


@both_forms
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"[1]", "the row is not a JSON object"),
        (b'"text"', "the row is not a JSON object"),
        (b"12", "the row is not a JSON object"),
        (b"null", "the row is not a JSON object"),
        (b"nope", "the row is not JSON: "),
        (b'{"a" 1}', "the row is not JSON: "),
        (b'{"a":NaN}', "no NaN and no Infinity"),
        (b'{"a":-Infinity}', "no NaN and no Infinity"),
        (b'{"a":1e999}', "the row is not JSON: number is infinity"),
        (b'{"a":"\\ud800"}', "the row is not JSON: "),
        (b'{"a":"\xff"}', "the row is not UTF-8 at its byte 7"),
        (b'{"a":"\0"}', "the row holds a NUL byte"),
        (b'{"a":{"b":["\\u0000"]}}', "the row holds a NUL character"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "nested more than 64 levels deep"),
        (b'{"a":"' + b"x" * RECORD_LIMIT + b'"}', "larger than 1 MiB"),
        (b'{"a":"' + b'\\"' * RECORD_LIMIT + b'"}', "larger than 1 MiB"),
        (b'{"a":"' + b"x" * (5 * RECORD_LIMIT) + b'"}', "larger than 1 MiB"),
    ],
)
@pytest.mark.surface("S15")
def test_a_broken_row_is_rejected_with_its_line_and_stops_nothing(read, form, row, reason):
    rows = read(form([GOOD, row, GOOD]))

    assert rows[0] == Row(1, json.loads(GOOD))
    assert isinstance(rows[1], RejectedRow)
    assert rows[1].line_number == 2
    assert reason in rows[1].reason
    assert len(rows[1].excerpt) <= 200
    assert row.startswith(rows[1].excerpt.replace("␀", "\0").partition("�")[0].encode())
    assert rows[2:] == [Row(3, json.loads(GOOD))]


@both_forms
@pytest.mark.parametrize("inside", [b"", b"1"])
@pytest.mark.surface("S15")
def test_what_is_deep_but_not_too_deep_is_kept_and_can_be_encoded(read, form, inside):
    deep = b'{"a":' + b"[" * 63 + inside + b"]" * 63 + b',"b":"[[[[[[[["}'

    [row] = read(form([deep]))

    assert blocks.encode(row.record) == deep


@both_forms
@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("9007199254740992", 9007199254740992),
        ("-9007199254740992", -9007199254740992),
        ("9007199254740993", "9007199254740993"),
        ("-9007199254740993", "-9007199254740993"),
        ("18446744073709551616", "18446744073709551616"),
        ("1" * 300, "1" * 300),
        ("12345678901234567890.5", 12345678901234567890.5),
        ("0.1", 0.1),
        ("1e5", 1e5),
    ],
)
@pytest.mark.surface("S15")
def test_integers_that_others_would_round_become_text(records, form, number, value):
    [record] = records(form([f'{{"n": {number}, "in": [{number},1], "t": "{number}"}}'.encode()]))

    assert record == {"n": value, "in": [value, 1], "t": number}
    assert type(record["n"]) is type(value)
    assert blocks.decode(blocks.encode(record)) == record


@both_forms
@pytest.mark.parametrize(
    "row",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":1}',
        b'{"b":{"a" :1 , "a" : {}}}',
        b'{"b":[[{"a":"","x":":","a":":"}]]}',
        b'{"a":1,"a":2,"b":"\\u003a"}',
        b'{"a":1,"a":2,"b":"\\u003A"}',
        b'{"a":"\\u0022:","a":"::"}',
    ],
)
@pytest.mark.surface("S15")
def test_a_row_with_a_name_twice_in_an_object_is_rejected_with_the_name(read, form, row):
    rows = read(form([GOOD, row, GOOD]))

    assert [type(one) for one in rows] == [Row, RejectedRow, Row]
    assert rows[1].line_number == 2
    assert rows[1].reason == "the row has the name “a” twice in one object"


@both_forms
@pytest.mark.parametrize(
    "row",
    [
        b'{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
        b'{"a":"\\u003a","b":"\\"a\\":1,\\"a\\":2","c : c":"http://x:80"}',
        b'{"a":"","A":"","a ":"","\\u00e4":""}',
    ],
)
def test_a_name_may_stand_in_several_objects_and_in_texts(records, form, row):
    assert records(form([row])) == [json.loads(row)]


@both_forms
def test_escaped_backslash_u0000_is_text_and_no_nul(records, form):
    assert records(form([b'{"a":"\\\\u0000"}'])) == [{"a": "\\u0000"}]


def test_blank_lines_and_windows_line_ends_are_passed_over(read):
    assert read(b'\n{"a":1}\r\n\r\n  \n{"a":2}') == [Row(2, {"a": 1}), Row(5, {"a": 2})]


def test_a_byte_order_mark_is_passed_over(records):
    assert records(b'\xef\xbb\xbf{"a":1}\n') == [{"a": 1}]
    assert records(b'\xef\xbb\xbf[{"a":1}]') == [{"a": 1}]


def test_lines_are_recognised_though_the_first_is_broken(read):
    rows = read(b'{"a":\n{"a":1}\n')

    assert [type(row) for row in rows] == [RejectedRow, Row]


def test_long_lines_are_recognised_as_lines(records):
    long = b'{"a":"' + b"x" * 300_000 + b'"}\n'

    assert len(records(long * 8)) == 8


def test_one_object_over_many_lines_is_one_record(read):
    content = json.dumps({"a": 1, "list": [{"b": 1}, {"c": 2}]}, indent=2).encode()

    assert read(content) == [Row(1, json.loads(content))]


def test_one_broken_object_says_where(refusal):
    assert "line 3, character 3" in refusal(b'{\n  "a": 1\n  "b": 2\n}')


def test_one_object_that_is_too_large_is_refused_with_advice(refusal):
    users = "\n ,\n".join(f'  {{"uid": "u{n}"}}' for n in range(90_000))

    assert "give a list of objects" in refusal(f'{{"users": [\n{users}\n]}}'.encode())


def test_a_list_may_be_laid_out_in_any_way(read):
    content = b' [\n\n {"a":\n 1} , {"a":"]},{\\"["}\n,\n{"b":[[],{}]}\n] \n'

    assert read(content) == [
        Row(3, {"a": 1}),
        Row(4, {"a": "]},{\\[".replace("\\", '"')}),
        Row(6, {"b": [[], {}]}),
    ]


def test_a_list_is_read_the_same_however_it_is_chunked(monkeypatch, read):
    content = b'[{"a":"x\\\\","b":[{"c":"\\"]"}]}, 12 ,"t\\"",\n{"a":"\xe7\x95\x8c"},null,true]'
    whole = read(content)
    for size in range(1, 12):
        monkeypatch.setattr("fsdest.records.files.CHUNK_BYTES", size)
        assert read(content) == whole


def test_an_empty_list_has_no_rows(read):
    assert read(b" [ ] ") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[", "on line 1, the file ends before the list does"),
        (b'[{"a":1}', "on line 1, the file ends before the list does"),
        (b'[{"a":1},\n', "on line 2, the file ends before the list does"),
        (b'[\n{"a":1}\n{"a":2}]', "on line 3, “,” is missing"),
        (b'[{"a":1},,{"a":2}]', "on line 1, a value is missing"),
        (b'[{"a":1},]', "on line 1, a value is missing"),
        (b'[{"a":1}]\n\n[', "on line 3, something follows the end of the list"),
        (b'[{"a":1}}', "on line 1, “,” is missing"),
        (b'[\n{"a":"x\n', "the value that begins on line 2 does not end"),
        (b'[\n{"a":{"b":1}', "the value that begins on line 2 does not end"),
        (b'["\\', "the value that begins on line 1 does not end"),
        (b"[12 ", "the file ends before the list does"),
    ],
)
def test_a_list_that_is_broken_as_a_list_refuses_the_file(refusal, content, reason):
    assert reason in refusal(content)


def test_rows_before_the_break_of_a_list_are_given_first():
    """So that the person sees how far it was good; keeping them is for the caller to decide."""
    good = b",".join([b'{"a":1}'] * 1500)
    rows = iter(readers.read(io.BytesIO(b"[" + good + b"!")))

    assert sum(1 for _ in zip(range(1000), rows, strict=False)) == 1000
