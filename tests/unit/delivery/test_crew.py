"""The threads of a slice: who gets which call."""

import threading
from types import SimpleNamespace
from zlib import crc32

from fsdest.delivery.calls import Call
from fsdest.delivery.crew import Crew
from fsdest.payloads.build import Payload

LANES, THREADS = 4, 16


class Sender:
    """Tells which thread made a call."""

    def __init__(self):
        self.wire = SimpleNamespace(line=SimpleNamespace(close=lambda: None))

    def make(self, call):
        return [(call.payloads[0].order_key, threading.get_ident())]


def made_by(keys):
    """Return the threads that made the calls of `keys`, by key."""
    calls = [Call(payloads=(Payload(n, key, b"{}", "/"),), version=1) for n, key in enumerate(keys)]
    outcomes = []
    with Crew(THREADS, Sender) as crew:
        for call in calls:
            crew.give(call)
        while crew.in_flight:
            outcomes += crew.made(wait_s=5)
    threads = {}
    for key, thread in outcomes:
        threads.setdefault(key, set()).add(thread)
    return threads


def test_the_keys_of_one_lane_keep_all_threads_busy():
    keys = [f"user-{n}" for n in range(4_000) if crc32(f"user-{n}".encode()) % LANES == 1]

    threads = made_by(keys)

    assert len(set().union(*threads.values())) == THREADS


def test_the_calls_of_one_key_are_made_by_one_thread():
    threads = made_by(["ann", "ben", "cat"] * 50)

    assert all(len(of_one_key) == 1 for of_one_key in threads.values())
