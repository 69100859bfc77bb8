"""The ledger: every request as it was received, every reply given, every effect applied, in order.

It is an append-only file of JSON lines. Each line goes to the system before the work it speaks of
goes on, so it outlives the death of any process. Without a path it is a nameless temporary file.
"""

import hashlib
import os
import tempfile
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

SECRET_HEADERS = frozenset((b"authorization", b"cookie"))


class Ledger:
    """Lines of two kinds, each numbered from 1: requests and effects. Replies complete requests."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = _append_to(path) if path else _nameless()
        self._end = 0
        self._requests = array("Q")  # where each line begins in the file
        self._effects = array("Q")
        self._statuses = array("H")  # of each request; 0 while it is not answered
        self._index()

    @property
    def requests(self) -> int:
        """How many requests were received."""
        return len(self._requests)

    @property
    def effects(self) -> int:
        """How many effects were applied."""
        return len(self._effects)

    def received(self, request: dict[str, Any]) -> int:
        """Write down a request; return its number."""
        self._requests.append(self._end)
        self._statuses.append(0)
        seq = len(self._requests)
        self._write(orjson.dumps({"line": "request", "seq": seq, "time": time.time()} | request))
        return seq

    def answered(self, seq: int, status: int) -> None:
        """Write down what request `seq` was answered; 0 stands for no answer at all."""
        if 0 < seq <= len(self._statuses):
            self._statuses[seq - 1] = status
            self._write(b'{"line":"reply","seq":%d,"status":%d}' % (seq, status))

    def applied(self, effects: list[dict[str, Any]]) -> None:
        """Write down effects, in the order they were applied."""
        now, lines, place = time.time(), [], self._end
        for effect in effects:
            self._effects.append(place)
            line = orjson.dumps({"line": "effect", "seq": len(self._effects), "time": now} | effect)
            lines.append(line)
            place += len(line) + 1
        if lines:
            self._write(b"\n".join(lines))

    def read_requests(self, since: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the requests numbered above `since`, each with the status it was answered."""
        for request in self._read(self._requests, "request", since, limit):
            request["status"] = self._statuses[request["seq"] - 1] or None
            yield request

    def read_effects(self, since: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the effects numbered above `since`."""
        return self._read(self._effects, "effect", since, limit)

    def clear(self) -> None:
        """Forget all; the numbers begin at 1 again."""
        os.ftruncate(self._file, 0)
        self._end = 0
        for numbers in (self._requests, self._effects, self._statuses):
            del numbers[:]

    def _write(self, lines: bytes) -> None:
        data = memoryview(lines + b"\n")
        while data:
            data = data[os.write(self._file, data) :]
        self._end += len(lines) + 1

    def _read(
        self, places: "array[int]", sort: str, since: int, limit: int | None
    ) -> Iterator[dict[str, Any]]:
        since = max(0, since)
        if since >= len(places) or limit == 0:
            return
        left = len(places) - since if limit is None else limit
        with open(os.dup(self._file), "rb") as lines:
            lines.seek(places[since])
            for line in lines:
                entry = orjson.loads(line)
                if entry.pop("line") == sort:
                    yield entry
                    left -= 1
                    if left == 0:
                        return

    def _index(self) -> None:
        """Find the lines of an earlier process; a last line it could not finish is cut off."""
        with open(os.dup(self._file), "rb") as lines:
            lines.seek(0)
            for line in lines:
                if not line.endswith(b"\n"):
                    os.ftruncate(self._file, self._end)
                    break
                self._remember(line)
                self._end += len(line)

    def _remember(self, line: bytes) -> None:
        """Take a line of an earlier process in; only replies are read, of the others the place."""
        if line.startswith(b'{"line":"request"'):
            self._requests.append(self._end)
            self._statuses.append(0)
        elif line.startswith(b'{"line":"effect"'):
            self._effects.append(self._end)
        else:
            reply = orjson.loads(line)
            self._statuses[reply["seq"] - 1] = reply["status"]


def digest(body: bytes) -> str:
    """Return the SHA-256 of a body, in hex; that of the empty body for none."""
    return hashlib.sha256(body).hexdigest()


def _append_to(path: Path) -> int:
    """Open for reading anywhere and writing at the end, whoever moved the position between."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)


def _nameless() -> int:
    made, name = tempfile.mkstemp(prefix="sandbox-ledger-")
    os.close(made)
    opened = _append_to(Path(name))
    os.unlink(name)
    return opened
