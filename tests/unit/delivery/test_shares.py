"""Each record has one lane, whoever asks first, and what is remembered of it is bounded."""

from types import SimpleNamespace
from uuid import uuid4

from fsdest.delivery import shares


def lines_of(count):
    return [f"user-{number % 50}".encode() for number in range(count)]


def version():
    return SimpleNamespace(destination_id=uuid4(), number=1)


def key(line):
    return line.decode()


def test_records_of_one_key_share_a_lane_and_all_lanes_have_some():
    lines = lines_of(500)

    found = shares.numbers(version(), 4, 0, lines, key)

    assert {
        line: {n for n, other in zip(found, lines, strict=True) if other == line} for line in lines
    } == {line: {shares.lane_of(key(line), 0, 4)} for line in lines}
    assert set(found) == {0, 1, 2, 3}


def test_records_without_a_key_are_divided_by_their_offset():
    found = shares.numbers(version(), 4, 70, [b"{}"] * 3, lambda line: "")

    assert list(found) == [shares.lane_of("", offset, 4) for offset in (70, 71, 72)]


def test_a_key_is_read_once_for_all_lanes():
    asked, its = [], version()

    def counted(line):
        asked.append(line)
        return key(line)

    first, again = (shares.numbers(its, 4, 0, lines_of(10), counted) for _ in range(2))

    assert (list(first), len(asked)) == (list(again), 10)


def test_another_version_another_number_of_lanes_and_another_part_are_divided_anew():
    its = version()
    shares.numbers(its, 4, 0, lines_of(10), key)

    for other, lanes, count in ((version(), 4, 10), (its, 7, 10), (its, 4, 9)):
        found = shares.numbers(other, lanes, 0, lines_of(count), key)
        assert list(found) == [shares.lane_of(key(line), 0, lanes) for line in lines_of(count)]


def test_more_lanes_than_a_byte_can_tell_apart_are_told_apart():
    found = shares.numbers(version(), 1000, 0, lines_of(50), key)

    assert max(found) > 255


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(shares, "MOST_KEPT", 3)
    its = version()

    for first in range(5):
        shares.numbers(its, 4, first, lines_of(2), key)

    assert len(shares._kept) == 3
