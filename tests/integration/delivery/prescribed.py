"""A server that answers each record with the statuses prescribed for it, and keeps a journal."""

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DONE = {200, 400}  # taken, or refused for good
TAKEN_UNSAID = 0  # it is done, and the connection closed without an answer

Step = tuple[str, int]  # uid, which of its records


class Prescribed(ThreadingHTTPServer):
    """Answers PUT-like user calls. `journal` has (uid, step, status) in the order of arrival."""

    daemon_threads = True

    def __init__(self, statuses: dict[Step, list[int]], seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = {step: list(some) for step, some in statuses.items()}
        self.journal: list[tuple[str, int, int]] = []
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.answers: dict[str, int] = {}
        self.lock = threading.Lock()
        self.random = random.Random(seed)

    def answer(self, body: bytes, key: str) -> int:
        """Return the status for a call, and write it down."""
        record = json.loads(body)
        uid, step = record["uid"], record["properties"]["step"]
        with self.lock:
            self.bodies[key].add(body)
            if key in self.answers:
                return self.answers[key]
            left = self.statuses[uid, step]
            status = left.pop(0) if left else 200
            self.journal.append((uid, step, status))
            if status in {*DONE, TAKEN_UNSAID}:
                self.answers[key] = status or 200
            return status

    def steps(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """Yield each uid with its (step, status) in the order of arrival."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for uid, step, status in self.journal:
            found[uid].append((step, status))
        yield from found.items()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: the second of two would wait for an answer, 40 ms
    server: Prescribed

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.random.random() < 0.5:  # else near enough for several calls at once
            time.sleep(self.server.random.random() * 0.004)
        status = self.server.answer(body, self.headers["Idempotency-Key"])
        if status == TAKEN_UNSAID:
            self.close_connection = True
            return
        text = b'{"id": "1"}' if status == 200 else b'{"code": "prescribed", "message": "no"}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
