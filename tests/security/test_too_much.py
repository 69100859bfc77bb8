"""Files and JSON that are too much, or made to hurt: refused or set aside, in little memory."""

import ast
import io
import json
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsdest.delivery import edits
from fsdest.delivery.advice import message_of
from fsdest.exchange import Reply
from fsdest.payloads.problems import _is_json
from fsdest.records import blocks, readers
from tests.running import ROOT

RESIDENT_MB = 300

# Reads the file NAME that MAKE writes, as a worker does; tells the rows, the rejections with the
# first reason, the refusal, and the most memory that this process ever had.
READ = """
import io, re, sys
from pathlib import Path

from fsdest.records import blocks, files, readers
from fsdest.records.schema import Schema

{make}

rows, rejected, reason, refusal, schema = 0, 0, "", "", Schema()
try:
    batches = readers.read(stream).batches()
    def lines():
        global rows, rejected, reason
        for batch in batches:
            schema.learn_batch(batch)
            rows += len(batch.records)
            rejected += len(batch.rejected)
            reason = reason or (batch.rejected[0].reason if batch.rejected else "")
            yield list(map(blocks.encode, batch.records))
    for run in blocks.cut_all(lines()):
        blocks.pack(run)
except readers.UnreadableFile as unreadable:
    refusal = str(unreadable)
peak_kb = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(repr((rows, rejected, reason, refusal, int(peak_kb) // 1024)))
"""

OF_BYTES = "stream = io.BytesIO({content})"
# A member unpacks to 128 MB of one row and comes eighty times: 10 GB in all, from 10 MB. Without
# the lower limit the test would take as long as 32 GB do.
BOMB = """
import zlib
files.UNPACKED_LIMIT = 2**28
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
member = b"".join([packer.compress(b"a,b\\n" + b"x" * 2**20) for _ in range(128)])
stream = io.BytesIO((member + packer.flush()) * 80)
"""


def told(make):
    found = subprocess.run(
        [sys.executable, "-c", READ.replace("{make}", make)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *said, peak_mb = ast.literal_eval(found.stdout)
    assert peak_mb < RESIDENT_MB
    return tuple(said)


def of(content):
    return told(OF_BYTES.replace("{content}", content))


@pytest.mark.surface("S14")
def test_a_gzip_file_of_ten_gigabytes_is_refused_in_little_memory():
    *_, refusal = told(BOMB)

    assert refusal == f"The file unpacks to more than {2**28:,} bytes."


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ("b','.join(b'c%d' % n for n in range(1_000_000))", "The header cannot be read: the row"),
        ("b','.join(b'%x' % n for n in range(100_000))", "The header has 100,000 columns"),
        ("b'x' * 2**20 + b',y\\n'", "The header cannot be read: the row is larger than 1 MiB"),
        # Each of these rows of two bytes would repeat a name of 1,000,000.
        ("b'n' * 1_000_000 + b'\\n' + b'1\\n' * 2**20", "has 1,000,000 characters; at most 512"),
        ("b'a,b\\n' + 'ü,1\\n'.encode('latin-1')", "The file is not UTF-8: byte 5, on line 2"),
        ("'a,b\\n1,2'.encode('utf-16')", "The file is UTF-16, not UTF-8"),
        ("b'[' * 100_000", "The file is not a JSON list"),
    ],
)
@pytest.mark.surface("S14")
def test_a_file_that_is_too_much_is_refused_with_a_sentence(content, refusal):
    *counts, said = of(content)

    assert counts == [0, 0, ""]
    assert refusal in said


@pytest.mark.parametrize(
    ("content", "rows", "reason"),
    [
        ("b'a,b\\n' + b'x' * 2**26 + b',y\\n1,2\\n'", 1, "the row is larger than 1 MiB"),
        ("b'a,b\\nx\\0y,2\\n1,2\\n'", 1, "the row holds a NUL byte"),
        ("b'a,b\\n' + b'\"x,y\\n' + b'1,2\\n' * 300_000", 300_000, "a quote is opened"),
        ("b'a,b\\n' + b',' * 1_000_000 + b'\\n1,2\\n'", 1, "the row has 1,000,001 cells"),
        ("b'{\"a\":1}\\n{\"a\":' + b'[' * 100_000 + b'\\n'", 1, "the row is not JSON: depth"),
    ],
)
@pytest.mark.surface("S14")
def test_a_row_that_is_too_much_is_set_aside_and_the_others_are_read(content, rows, reason):
    read, rejected, said, refusal = of(content)

    assert (read, rejected, refusal) == (rows, 1, "")
    assert reason in said


LARGE_ELEMENTS = """
import tempfile
stream = tempfile.TemporaryFile()
stream.write(b"[{}")
for _ in range(250):
    stream.write(b',{"a":"' + b"x" * 999_000 + b'"}')
stream.write(b",7]")
"""


@pytest.mark.surface("S14")
def test_a_list_of_large_elements_is_not_held_whole():
    assert told(LARGE_ELEMENTS) == (251, 1, "the row is not a JSON object", "")


# What a value may not be, in a row, in a record that is typed, or in a constant.
evil = st.one_of(
    st.sampled_from(["NaN", "Infinity", "-Infinity", "1e400", "-1e999", "01", "1.", "'x'"]),
    st.integers(310, 5000).map(lambda digits: "9" * digits),
    st.integers(0xD800, 0xDFFF).map(lambda lone: f'"\\u{lone:04x}"'),
    st.integers(64, 100_000).map(lambda deep: "[" * deep + "]" * deep),
    st.integers(64, 20_000).map(lambda deep: '{"a":' * deep + "1" + "}" * deep),
    st.just('"\\u0000"'),
    st.sampled_from(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":":","x":":"}]']),
)
put = st.sampled_from(['{"v":%s}', '{"ok":"","v":[1,%s]}', '{"v":{"in":%s}}'])


@given(evil, put)
@settings(max_examples=150, deadline=None)
@pytest.mark.surface("S15")
def test_json_that_is_too_much_is_set_aside_and_its_neighbours_are_not(value, place):
    row = place % value
    content = f'{{"n":1}}\n{row}\n{{"n":2}}\n'.encode()

    first, broken, last = readers.read(io.BytesIO(content))

    assert (first.record, last.record) == ({"n": 1}, {"n": 2})
    assert isinstance(broken, readers.RejectedRow)
    assert broken.line_number == 2
    assert broken.reason.startswith("the row ")
    with pytest.raises(edits.NotARecordError, match=r"\.$|text\.$"):
        edits.read(row)
    assert not _is_json(row, dict)


@given(st.integers() | st.integers(2**63, 2**70) | st.integers(-(2**70), -(2**63)))
@pytest.mark.surface("S15")
def test_a_whole_number_is_kept_exactly_or_refused(number):
    [row] = readers.read(io.BytesIO(b'{"n":%d}' % number))

    assert int(row.record["n"]) == number
    assert json.loads(blocks.encode(row.record)) == row.record
    try:
        typed = edits.read(f'{{"n":{number}}}')
    except edits.NotARecordError:
        assert not -(2**63) <= number < 2**64
    else:
        assert typed == {"n": number}


@pytest.mark.surface("S15")
def test_a_reply_that_is_nested_without_end_says_nothing():
    deep = b'{"message":' + b"[" * 100_000

    assert message_of(Reply(status=400, headers=(), body=deep, elapsed=timedelta())) == ""
