"""Bare loops: what the machine gives when nothing is written down, judged or tried again.

Each makes the same calls as the product with the same number of processes, from what is in memory
already; a sink tells how fast they came.
"""

import http.client
import multiprocessing
import queue
import socket
import threading
import uuid
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier

import orjson
import requests

from benches import records as made
from benches.sinks import Counted, Sink
from fsdest.records import blocks

KEY = "Basic bench"
WITHIN_S = 120
POSTING_THREADS = 2  # as many as send bulk calls of one lane
Way = Callable[[int, Sequence[int]], None]  # a port, and the numbers of the records to send
SPAWN = multiprocessing.get_context("spawn")


def per_s(way: Callable[..., None], sink: Sink, count: int, *, processes: int) -> float:
    """Return the calls a second of `way`, `count` in all, shared by so many processes."""
    return counted(way, sink, [(n, count, processes) for n in range(processes)], count).per_s


def counted(
    way: Callable[..., None], sink: Sink, shares: Sequence[tuple[int, int, int]], calls: int
) -> Counted:
    """Run `way` once for each share, in a process of its own, all beginning at once."""
    sink.reset()
    barrier = SPAWN.Barrier(len(shares))
    children = [
        SPAWN.Process(target=_run, args=(way, sink.port, share, barrier)) for share in shares
    ]
    for child in children:
        child.start()
    found = sink.wait_for(calls, within_s=WITHIN_S)
    for child in children:
        child.join()
    return found


def _run(way: Callable[..., None], port: int, share: tuple[int, int, int], all_: Barrier) -> None:
    way(port, share, all_.wait)


def head(port: int, path: str, length: int) -> bytes:
    """Return the head of a POST as the product sends it."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: bench",
        "Accept-Encoding: gzip",
        "Content-Type: application/json",
        f"Idempotency-Key: {uuid.uuid4()}",
        f"Authorization: {KEY}",
        f"Content-Length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _bodies(share: tuple[int, int, int]) -> list[bytes]:
    first, count, step = share
    return [blocks.encode(made.record(n)) for n in range(first, count, step)]


def raw(port: int, share: tuple[int, int, int], ready: Callable[[], object]) -> None:
    """Prebuilt bytes on a bare socket, one call after the other."""
    calls = [head(port, "/v2/users", len(body)) + body for body in _bodies(share)]
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ready()
    for call in calls:
        sock.sendall(call)
        sock.recv(65536)
    sock.close()


def session_send(port: int, share: tuple[int, int, int], ready: Callable[[], object]) -> None:
    """`Session.send` of requests that were prepared before."""
    session = requests.Session()
    session.trust_env = False
    url = f"http://127.0.0.1:{port}/v2/users"
    headers = {"Content-Type": "application/json", "Authorization": KEY}
    prepared = [
        session.prepare_request(requests.Request("POST", url, headers, data=body))
        for body in _bodies(share)
    ]
    ready()
    for each in prepared:
        session.send(each, timeout=30).raise_for_status()


def requests_post(port: int, share: tuple[int, int, int], ready: Callable[[], object]) -> None:
    """What one writes first: `requests.post` of each record."""
    first, count, step = share
    url = f"http://127.0.0.1:{port}/v2/users"
    some = [made.record(n) for n in range(first, count, step)]
    ready()
    for each in some:
        requests.post(url, json=each, headers={"Authorization": KEY}, timeout=30).raise_for_status()


def verbatim(port: int, share: tuple[int, int, int], ready: Callable[[], object]) -> None:
    """Unpack blocks, join their lines, post: calls of `step` records until `count`."""
    _in_bulk(port, share, ready, lambda lines: lines)


def dropped(port: int, share: tuple[int, int, int], ready: Callable[[], object]) -> None:
    """Unpack blocks, parse each record, drop an attribute, encode, post."""
    _in_bulk(port, share, ready, lambda lines: [_without_one(line) for line in lines])


def _without_one(line: bytes) -> bytes:
    record = orjson.loads(line)
    del record[made.EXCLUDED]
    return orjson.dumps(record)


def _in_bulk(
    port: int,
    share: tuple[int, int, int],
    ready: Callable[[], object],
    change: Callable[[list[bytes]], list[bytes]],
) -> None:
    _, count, size = share
    packed = [data for _, data in made.packed(count)]
    waiting: queue.SimpleQueue[list[bytes] | None] = queue.SimpleQueue()
    room = threading.Semaphore(POSTING_THREADS * 2)
    threads = [
        threading.Thread(target=_post, args=(port, waiting, room)) for _ in range(POSTING_THREADS)
    ]
    ready()
    for thread in threads:
        thread.start()
    at_once = size // made.BLOCK
    for first in range(0, len(packed), at_once):
        lines: list[bytes] = []
        for data in packed[first : first + at_once]:
            lines += change(blocks.unpack(data))
        room.acquire()
        waiting.put(lines)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()


def _post(
    port: int, waiting: "queue.SimpleQueue[list[bytes] | None]", room: threading.Semaphore
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while (lines := waiting.get()) is not None:
        body = b"[" + b",".join(lines) + b"]"
        connection.request("POST", "/records", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
        room.release()
    connection.close()
