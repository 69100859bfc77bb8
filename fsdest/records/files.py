"""A file as it was given: plain or gzip, text or refused, read in chunks of bounded size."""

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from fsdest.records.rows import UnreadableFile

CHUNK_BYTES = 2**16  # larger ones are slower: their rows outgrow the processor's cache
UNPACKED_LIMIT = 32 * 2**30  # bytes that a gzip file may unpack to

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "This is an Excel file; save it as CSV and give that."),
    (b"PAR1", "This is a Parquet file; export it as CSV or JSON lines and give that."),
    (b"Obj\x01", "This is an Avro file; export it as CSV or JSON lines and give that."),
    (b"ORC", "This is an ORC file; export it as CSV or JSON lines and give that."),
    (b"SQLite format 3", "This is an SQLite database; export a table as CSV and give that."),
    (b"%PDF", "This is a PDF file; give the data as CSV or JSON."),
    (b"BZh", "This file is packed with bzip2; unpack it, or pack it with gzip."),
    (b"\xfd7zXZ", "This file is packed with xz; unpack it, or pack it with gzip."),
    (b"\x28\xb5\x2f\xfd", "This file is packed with zstd; unpack it, or pack it with gzip."),
    (b"7z\xbc\xaf", "This is a 7-Zip archive; unpack it and give the file inside."),
    (_GZIP, "This file is packed with gzip twice; unpack it once."),
    (b"\xff\xfe", "The file is UTF-16, not UTF-8; save it as UTF-8."),
    (b"\xfe\xff", "The file is UTF-16, not UTF-8; save it as UTF-8."),
)

Watcher = Callable[[float], None]


class File:
    """A seekable stream of bytes that is read from its start, once for each pass.

    `share_read` goes from 0 to 1 over all passes, measured in bytes of the stream as given
    (so packed bytes, where it is packed). `watch` is called with it after each chunk, and may
    raise to stop the reading.
    """

    def __init__(self, stream: BinaryIO, *, watch: Watcher | None = None) -> None:
        self._stream = stream
        self._watch = watch
        self._size = stream.seek(0, 2)
        self._pass = 0
        self._passes = 1

    @property
    def share_read(self) -> float:
        done = self._stream.tell() / self._size if self._size else 1.0
        return min(1.0, (self._pass + done) / self._passes)

    def sample(self, at_least: int) -> tuple[bytes, bool]:
        """Return the beginning of the file, and whether that is all of it; nobody watches.

        It has `at_least` bytes, and at most a chunk more. Raises what `chunks` raises.
        """
        found = b""
        for chunk in self._unpacked():
            found += chunk
            if len(found) >= at_least:
                return found, False
        return found, True

    def chunks(self, *, turn: int = 0, turns: int = 1) -> Iterator[bytes]:
        """Yield the file from its start, unpacked and without BOM; this is pass `turn` of `turns`.

        Raises UnreadableFile for a gzip file that is broken or unpacks to too much.
        """
        self._pass, self._passes = turn, turns
        for chunk in self._unpacked():
            if self._watch:
                self._watch(self.share_read)
            yield chunk

    def _unpacked(self) -> Iterator[bytes]:
        self._stream.seek(0)
        is_packed = self._stream.read(2) == _GZIP
        self._stream.seek(0)
        source = cast(BinaryIO, gzip.GzipFile(fileobj=self._stream)) if is_packed else self._stream
        first = _first_chunk(source)
        yield first.removeprefix(_BOM)
        taken = len(first)
        while chunk := _next_chunk(source):
            taken += len(chunk)
            if is_packed and taken > UNPACKED_LIMIT:
                raise UnreadableFile(f"The file unpacks to more than {UNPACKED_LIMIT:,} bytes.")
            yield chunk


def _first_chunk(source: BinaryIO) -> bytes:
    """Read at least what a byte order mark takes."""
    first = b""
    while len(first) < len(_BOM) and (more := _next_chunk(source)):
        first += more
    return first


def _next_chunk(source: BinaryIO) -> bytes:
    try:
        return source.read(CHUNK_BYTES)
    except EOFError:
        raise UnreadableFile("The gzip file is cut off; it was not copied whole.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(f"The gzip file is broken: {error}.") from error


def refuse_what_is_not_text(head: bytes) -> None:
    """Raise UnreadableFile if a file that begins with `head`, unpacked, is empty or binary."""
    if not head.strip():
        raise UnreadableFile("The file is empty.")
    if _is_text(head):
        return
    for magic, sentence in _REFUSED:
        if head.startswith(magic):
            raise UnreadableFile(sentence)
    if head.startswith(b"PK\x03\x04"):
        is_sheet = b"xl/" in head or b"[Content_Types]" in head
        raise UnreadableFile(
            "This is an Excel file; save it as CSV and give that."
            if is_sheet
            else "This is a ZIP archive; unpack it and give the file inside."
        )
    if head.count(b"\0") > 8 + len(head) // 100:
        raise UnreadableFile("This is a binary file; give the data as CSV or JSON.")


def _is_text(head: bytes) -> bool:
    """Whether `head` is UTF-8 without NUL: a column may be called ORCID, so magic is not enough."""
    try:
        return "\0" not in codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
