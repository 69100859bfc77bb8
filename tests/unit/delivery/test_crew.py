"""The threads of a slice: who gets which call."""

import threading
import time
from zlib import crc32

from fsdest.delivery.calls import Call
from fsdest.delivery.crew import HAND, NEAR_S, Crew
from fsdest.payloads.build import Payload

LANES, THREADS = 4, 16


class Sender:
    """Tells which thread made a call."""

    def close(self):
        pass

    def make(self, call):
        return [(call.payloads[0].order_key, threading.get_ident())]


def calls_of(keys):
    return [Call(payloads=(Payload(n, key, b"{}", "/"),), version=1) for n, key in enumerate(keys)]


def made_by(keys):
    """Return the threads that made the calls of `keys`, by key."""
    outcomes = []
    with Crew(THREADS, Sender) as crew:
        for call in calls_of(keys):
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


class Handed(Sender):
    """Notes which calls were made at once; each takes `takes_s`."""

    def __init__(self, hands, takes_s):
        self.hands, self.takes_s = hands, takes_s

    def make(self, call):
        return self.make_at_once([call])

    def make_at_once(self, calls):
        time.sleep(self.takes_s)
        self.hands.append([call.payloads[0].order_key for call in calls])
        return calls


def hands_of(keys, *, takes_s=0.0, may_hand=True):
    """Return the keys of the calls that were made at once, in hands."""
    hands, made = [], []
    with Crew(THREADS, lambda: Handed(hands, takes_s), may_hand=may_hand) as crew:
        for call in calls_of(keys):
            crew.give(call)
            while crew.in_flight >= crew.most(64):
                made += crew.made(wait_s=5)
        while crew.in_flight:
            made += crew.made(wait_s=5)
    assert sorted(call.offsets[0] for call in made) == list(range(len(keys)))
    return hands


def test_where_the_other_side_is_near_calls_are_made_by_the_hand():
    hands = hands_of([f"user-{n}" for n in range(2_000)])

    assert max(map(len, hands)) > 1
    assert max(map(len, hands)) <= HAND


def test_no_two_calls_of_one_key_are_in_one_hand_and_their_order_holds():
    keys = ["ann", "ben", "", "ann", "cat", ""] * 300

    hands = hands_of(keys)

    assert max(map(len, hands)) > 1
    for hand in hands:
        assert len(set(hand) - {""}) == len(list(filter(None, hand)))


def test_where_it_is_far_or_may_not_be_each_call_is_made_alone():
    keys = [f"user-{n}" for n in range(100)]

    far = hands_of(keys, takes_s=2 * NEAR_S)
    forbidden = hands_of(keys, may_hand=False)

    assert {len(hand) for hand in far + forbidden} == {1}


class Stuck(Handed):
    """Waits for `go_on` where one of its calls is slow."""

    def __init__(self, hands, go_on):
        super().__init__(hands, takes_s=0.0)
        self.go_on = go_on

    def make_at_once(self, calls):
        if any(call.payloads[0].order_key == "slow" for call in calls):
            self.go_on.wait(10)
        return super().make_at_once(calls)


def test_one_call_that_takes_long_does_not_keep_the_others_of_a_near_side():
    hands, go_on, made = [], threading.Event(), []
    keys = [f"user-{n}" for n in range(400)]
    keys[200] = "slow"
    until = time.monotonic() + 5
    with Crew(THREADS, lambda: Stuck(hands, go_on), may_hand=True) as crew:
        for call in calls_of(keys):
            crew.give(call)
            while crew.in_flight >= crew.most(64) and time.monotonic() < until:
                made += crew.made(wait_s=0.02)
        while len(made) < len(keys) - 3 * HAND and time.monotonic() < until:
            made += crew.made(wait_s=0.02)
        made_meanwhile = len(made)
        go_on.set()

    assert made_meanwhile >= len(keys) - 3 * HAND  # those that are in its thread
    assert max(map(len, hands)) > 1
