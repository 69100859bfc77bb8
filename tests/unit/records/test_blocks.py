"""Blocks: records go in as lines and come out as the same lines."""

import threading

import pytest
import zstandard

from fsdest.records import blocks


def test_a_record_is_one_line_and_comes_back_equal():
    record = {"uid": "ann", "name": "Änn\nÅ", "age": 7, "score": 0.5, "tags": ["a", None, True]}

    line = blocks.encode(record)

    assert b"\n" not in line
    assert blocks.decode(line) == record


@pytest.mark.parametrize("line", [b"[1]", b'"text"', b"{", b""])
def test_a_line_that_is_no_object_is_no_record(line):
    with pytest.raises(ValueError, match=r"."):
        blocks.decode(line)


def test_a_block_keeps_its_lines_and_is_much_smaller():
    lines = [blocks.encode({"uid": f"user-{n}", "plan": "pro"}) for n in range(1000)]

    data = blocks.pack(lines)

    assert blocks.unpack(data) == lines
    assert len(data) < sum(map(len, lines)) / 5


def test_a_block_of_nothing_unpacks_to_nothing():
    assert blocks.unpack(blocks.pack([])) == []


def test_a_block_that_unpacks_to_too_much_is_refused_before_memory_is_taken(monkeypatch):
    data = blocks.pack([b'{"a":"' + b"x" * 1000 + b'"}'])
    monkeypatch.setattr(blocks, "UNPACKED_LIMIT", 500)

    with pytest.raises(ValueError, match="unpacks to 1,008 bytes"):
        blocks.unpack(data)
    with pytest.raises(ValueError, match="at most 500 bytes"):
        blocks.pack([b"x" * 501])


def test_a_block_that_does_not_say_its_size_is_refused():
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}")

    with pytest.raises(ValueError, match="unpacks to"):
        blocks.unpack(unsized)


@pytest.mark.parametrize("data", [b"", b"not zstd", blocks.pack([b"{}" * 100])[:-3]])
def test_a_broken_block_is_a_value_error(data):
    with pytest.raises(ValueError, match="block"):
        blocks.unpack(data)


def test_threads_pack_and_unpack_side_by_side():
    lines = [blocks.encode({"n": n}) for n in range(1000)]
    results = []

    def work():
        results.extend(blocks.unpack(blocks.pack(lines)) == lines for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 200


def test_lines_are_cut_by_count_and_the_last_run_is_what_is_left():
    runs = list(blocks.cut(b"%d" % n for n in range(2500)))

    assert [len(run) for run in runs] == [1000, 1000, 500]
    assert [line for run in runs for line in run] == [b"%d" % n for n in range(2500)]


def test_large_lines_are_cut_sooner_by_bytes():
    large = b"x" * (blocks.BYTES_PER_BLOCK // 4)

    assert [len(run) for run in blocks.cut([large] * 9)] == [4, 4, 1]
