"""The kind of a column is that of all its cells together."""

import pytest

from fsdest.records.columns import Kind, kind_of, wider

NUMBERS = ["0", "-1", "42", "9007199254740992", "-9007199254740992", "0.5", "-0.25", "12.50"]
NUMBERS += ["123456789012.345", "0.000000012345", "123456789012345"]
TEXTS = ["00123", "+49", "+1", "1e5", "1E5", "-", "-0", ".5", "5.", "1,5", "1 000", "1_000", " 1"]
TEXTS += ["9007199254740993", "12345678901234567890", "0.1234567890123456", "1.2.3", "0x1F", "NaN"]
TEXTS += ["Infinity", "inf", "٣", "²", "1\n", "1\n2", "yes", "t", "2024-01-01", "null", "truefalse"]
TEXTS += ["1" * 400, "0." + "0" * 400 + "1"]


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_canonical_number_is_a_number(cell):
    assert kind_of([cell, "", cell]) in (Kind.INTEGER, Kind.NUMBER)


@pytest.mark.parametrize("cell", TEXTS)
def test_one_other_cell_keeps_the_whole_column_text(cell):
    assert kind_of([cell]) is Kind.TEXT
    assert kind_of(["1", "2", cell]) is Kind.TEXT
    assert kind_of(["true", cell]) is Kind.TEXT


def test_true_and_false_in_any_case_are_boolean_but_not_beside_numbers():
    assert kind_of(["true", "FALSE", "True", ""]) is Kind.BOOLEAN
    assert kind_of(["true", "1"]) is Kind.TEXT


def test_only_empty_cells_are_no_kind():
    assert kind_of(["", ""]) is Kind.EMPTY


@pytest.mark.parametrize("one", Kind)
@pytest.mark.parametrize("other", Kind)
def test_the_wider_of_two_kinds_does_not_depend_on_their_order(one, other):
    assert wider(one, other) is wider(other, one)
    assert wider(one, wider(one, other)) is wider(one, other)


def test_values_have_the_kind_of_their_column(records):
    content = b"n,f,b,t,none\n1,1,TRUE,00123,\n-20,2.5,false,+49 30,\n3,-0.5,True,1e5,\n"

    assert records(content) == [
        {"n": 1, "f": 1, "b": True, "t": "00123"},
        {"n": -20, "f": 2.5, "b": False, "t": "+49 30"},
        {"n": 3, "f": -0.5, "b": True, "t": "1e5"},
    ]


def test_an_empty_cell_is_no_attribute_but_an_empty_text_in_a_text_column(records):
    content = b"uid,n,b,t\na,1,true,x\nb,,,\n"

    assert records(content) == [
        {"uid": "a", "n": 1, "b": True, "t": "x"},
        {"uid": "b", "t": ""},
    ]


def test_one_text_at_the_end_of_a_long_file_makes_all_of_its_column_text(records):
    content = "zip,n\n" + "10115,1\n" * 40_000 + "01067,1\n"

    read = records(content.encode())

    assert {type(record["zip"]) for record in read} == {str}
    assert {type(record["n"]) for record in read} == {int}


def test_a_rejected_row_has_no_say_in_the_kind(read):
    rows = read(b"a,b\n1,2\nx,y,z\n")

    assert rows[0].record == {"a": 1, "b": 2}


def test_a_row_whose_cells_are_all_empty_is_still_a_row(records):
    assert records(b"a,b\n,\n1,2\n,\n") == [{}, {"a": 1, "b": 2}, {}]
