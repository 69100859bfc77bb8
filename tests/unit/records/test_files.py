"""Files as they are given: packed, empty, binary; progress and memory."""

import gzip
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fsdest
from fsdest.records import files, readers

CSV = b"a,b\n" + b"x,1\n" * 20_000


@pytest.mark.parametrize(
    "content", [CSV, b'{"a":"x","b":1}\n' * 20_000, b"[" + b'{"a":"x","b":1},' * 19_999 + b"{}]"]
)
def test_a_gzip_file_is_read_like_what_is_in_it(read, content):
    assert read(gzip.compress(content)) == read(content)


def test_a_gzip_file_may_have_several_members(records):
    assert len(records(gzip.compress(b"a\nx\n") + gzip.compress(b"y\n"))) == 2


def test_a_broken_gzip_file_says_so(refusal):
    packed = gzip.compress(CSV)

    assert "cut off" in refusal(packed[: len(packed) // 2])
    assert "broken" in refusal(packed[:50] + b"\xff" * 20 + packed[70:])
    assert "broken" in refusal(b"\x1f\x8b" + b"x" * 100)
    assert "twice" in refusal(gzip.compress(packed))


@pytest.mark.surface("S14")
def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch, refusal):
    monkeypatch.setattr(files, "UNPACKED_LIMIT", 70_000)

    assert "unpacks to more than" in refusal(gzip.compress(CSV))


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b" \r\n \n", gzip.compress(b"", mtime=0)]
)
def test_an_empty_file_says_so(refusal, content):
    assert refusal(content) == "The file is empty."


def archive(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name in names:
            made.writestr(name, "x" * 100)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (archive("[Content_Types].xml", "xl/workbook.xml"), "Excel file; save it as CSV"),
        (archive("users.csv"), "ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "Excel file; save it as CSV"),
        (b"PAR1\x15\x04\x15\0\0", "Parquet"),
        (b"Obj\x01\x04\x16\0", "Avro"),
        (b"SQLite format 3\0", "SQLite"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"BZh91AY&SY\xff\xff\0", "bzip2"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"\x7fELF" + b"\0" * 100, "binary"),
    ],
)
def test_what_is_not_text_is_refused_with_advice(refusal, content, sentence):
    assert sentence in refusal(content)


def test_names_that_look_like_the_mark_of_a_binary_file_are_names(records):
    assert records(b"ORCID,PAR1\nx,y\n") == [{"ORCID": "x", "PAR1": "y"}]


@pytest.mark.parametrize("content", [CSV, gzip.compress(CSV), b'{"a":1}\n' * 20_000])
def test_progress_rises_to_one_over_all_passes(content):
    seen = []
    reading = readers.read(io.BytesIO(content), watch=seen.append)

    list(reading)

    assert seen == sorted(seen)
    assert all(0 <= share <= 1 for share in seen)
    assert reading.share_read == 1


def test_watching_goes_on_while_a_first_pass_gives_no_rows():
    seen = []
    reading = readers.read(io.BytesIO(CSV), watch=seen.append)

    next(iter(reading))

    assert max(seen) >= 0.4


def test_a_watcher_may_stop_the_reading():
    class Stopped(Exception):
        pass

    def stop(share):
        raise Stopped

    with pytest.raises(Stopped):
        list(readers.read(io.BytesIO(CSV), watch=stop))


def test_a_reading_can_be_read_again():
    reading = readers.read(io.BytesIO(CSV))

    assert list(reading) == list(reading)


@pytest.mark.parametrize(
    ("content", "form"),
    [(CSV, "CSV"), (b'{"a":1}\n{"a":2}', "JSON lines"), (b"[]", "JSON"), (b'{\n"a":1}', "JSON")],
)
def test_the_form_is_told_from_the_content(content, form):
    assert readers.read(io.BytesIO(content)).form == form


def test_batches_hold_the_same_rows_as_iterating():
    reading = readers.read(io.BytesIO(b"a,b\nx,1\nbad\ny,2\n"))

    [batch] = [one for one in reading.batches() if one.records or one.rejected]

    assert batch.records == [{"a": "x", "b": 1}, {"a": "y", "b": 2}]
    assert batch.line_numbers == [2, 4]
    assert list(batch.in_order()) == list(reading)


MEASURE = """
import re, sys
from pathlib import Path

from fsdest.records import blocks, readers
from fsdest.records.schema import Schema

schema, kept = Schema(), 0
with open(sys.argv[1], "rb") as stream:
    for batch in readers.read(stream).batches():
        schema.learn_batch(batch)
        for run in blocks.cut(map(blocks.encode, batch.records)):
            kept += len(blocks.unpack(blocks.pack(run)))
# Not getrusage, whose maximum includes the process that started this one.
peak_kb = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(kept, schema.records, int(peak_kb) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
@pytest.mark.surface("S14")
def test_memory_does_not_grow_with_the_file(tmp_path, form):
    """200,000 rows, 25 to 40 MB: what is held is a batch."""
    row = 'u{n},Ann Ågren,ann{n}@example.com,{n},"Berlin, Mitte",true,{n}.5,x,y,2024-01-01\n'
    path = tmp_path / f"users.{form}"
    with path.open("w", encoding="utf-8") as made:
        if form == "csv":
            made.write("uid,name,email,n,city,active,score,a,b,at\n")
        made.write("[" if form == "json" else "")
        for n in range(200_000):
            if form == "csv":
                made.write(row.format(n=n))
            else:
                made.write("," * (form == "json" and n > 0))
                made.write(f'{{"uid":"u{n}","name":"Ann","n":{n},"p":{{"x":"{"y" * 60}"}}}}\n')
        made.write("]" if form == "json" else "")

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(fsdest.__file__).parents[1],
    )

    kept, learned, resident_mb = map(int, done.stdout.split())
    assert (kept, learned) == (200_000, 200_000)
    assert resident_mb < 60
