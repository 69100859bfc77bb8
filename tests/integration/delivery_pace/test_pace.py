"""The limiter keeps the rate and the holds over processes, with Redis and without."""

import multiprocessing
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest

from fsdest.delivery import pace as paces
from fsdest.delivery.pace import Pace

fork = multiprocessing.get_context("fork")


def grants(pace: Pace, until: float) -> list[float]:
    """Take as fast as `pace` allows until then; return when each was granted (wall clock)."""
    granted = []
    while (now := time.time()) < until:
        wait_s = pace.take()
        if wait_s == 0:
            granted.append(time.time())
        else:
            time.sleep(min(wait_s, max(until - now, 0)))
    return granted


def in_threads(work: Callable[[], list[float]], threads: int) -> list[float]:
    results: list[float] = []
    running = [threading.Thread(target=lambda: results.extend(work())) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return results


def in_processes(work: Callable[[], list[float]], processes: int) -> list[float]:
    answers = fork.SimpleQueue()
    running = [fork.Process(target=lambda: answers.put(work())) for _ in range(processes)]
    for each in running:
        each.start()
    results = [moment for _ in running for moment in answers.get()]
    for each in running:
        each.join()
    return sorted(results)


def most_in_a_second(moments: list[float]) -> int:
    moments = sorted(moments)
    start, most = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] >= 1:
            start += 1
        most = max(most, end - start + 1)
    return most


@pytest.mark.parametrize(("rate", "burst"), [(100, 10), (2000, 20)])
def test_the_rate_holds_over_processes_and_threads(valkey, credential_id, rate, burst):
    seconds = 1.6

    def work() -> list[float]:
        pace = Pace(valkey.url, credential_id, per_second=rate, burst=burst)
        return in_threads(lambda: grants(pace, until), threads=2)

    until = time.time() + seconds
    moments = in_processes(work, processes=4)
    assert rate * seconds * 0.7 < len(moments) <= rate * seconds * 1.02 + burst
    # 20 ms of allotment, and what the scheduler adds between a grant and its note here
    assert most_in_a_second(moments) <= rate * 1.08 + burst


def test_threads_do_not_take_more_together(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=200, burst=5)
    until = time.time() + 1
    moments = in_threads(lambda: grants(pace, until), threads=8)
    assert 140 < len(moments) <= 200 * 1.02 + 5


def test_a_rest_earns_a_burst_and_no_more(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=5, burst=7)
    waits = [pace.take() for _ in range(9)]
    assert waits[:7] == [0] * 7
    assert 0.15 < waits[7] <= 0.2
    assert 0 < waits[8] <= waits[7]


def test_several_may_be_taken_at_once_even_more_than_a_burst(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=100, burst=5)
    assert pace.take(3) == 0
    assert pace.take(3) > 0
    other = Pace(valkey.url, credential_id + "b", per_second=100, burst=5)
    assert other.take(20) == 0
    assert 0.1 < other.take() <= 0.2


def test_a_high_rate_needs_few_questions(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=20_000, burst=500)
    moments = grants(pace, time.time() + 1)
    assert len(moments) > 10_000
    assert valkey.scripts_run() < len(moments) / 50


def test_many_slow_callers_do_not_keep_calls_that_they_do_not_make(valkey, credential_id):
    # Another address for the same server stands for another process.
    paces = [
        Pace(f"{valkey.url}?client_name=p{n}", credential_id, per_second=1000, burst=40)
        for n in range(40)
    ]
    waits = []
    for _ in range(10):
        waits += [pace.take() for pace in paces]
        time.sleep(0.06)  # less than 700 calls/s together
    assert sum(wait == 0 for wait in waits) > len(waits) * 0.95


def test_an_allotment_is_not_saved_for_later(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=10_000, burst=10_000)
    while pace._share.left < 10:
        pace.take()
    time.sleep(0.03)
    valkey.client.config_resetstat()
    assert pace.take() == 0
    assert valkey.scripts_run() == 1


def test_threads_never_spend_more_than_was_granted(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=1000, burst=1_000_000)
    earned = f"fsdest:pace:{{{credential_id}}}:earned"
    assert pace.take() == 0
    before = int(valkey.client.get(earned))
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        taken = in_threads(lambda: [1.0 for _ in range(3000) if pace.take() == 0], threads=8)
    finally:
        sys.setswitchinterval(switch)
    granted = (int(valkey.client.get(earned)) - before) // 1000  # 1000 us each
    assert len(taken) == 8 * 3000
    assert len(taken) <= granted <= len(taken) * 1.05


def test_credentials_do_not_share_a_limit(valkey, credential_id):
    one = Pace(valkey.url, credential_id, per_second=1, burst=1)
    other = Pace(valkey.url, credential_id + "b", per_second=1, burst=1)
    assert one.take() == 0
    assert one.take() > 0.9
    assert other.take() == 0
    one.hold(30)
    assert other.held_for() == 0


@pytest.mark.parametrize("rate", [None, 1000.0])
def test_a_hold_stops_every_process_at_once(valkey, credential_id, rate):
    def pace() -> Pace:
        return Pace(valkey.url, credential_id, per_second=rate, burst=10)

    def work() -> list[float]:
        mine, moments = pace(), []
        while (asked_at := time.time()) < until:
            wait_s = mine.take()
            if wait_s == 0:
                moments.append(asked_at)
            time.sleep(min(wait_s, 0.01) or 0.002)
        return moments

    held_at: list[float] = []

    def hold() -> None:
        pace().hold(0.8)
        held_at.append(time.time())

    until = time.time() + 1.8
    timer = threading.Timer(0.4, hold)
    timer.start()
    moments = in_processes(work, processes=3)
    timer.join()
    (held,) = held_at
    assert any(moment < held for moment in moments)
    assert not [moment for moment in moments if held + 0.05 < moment < held + 0.7]
    assert any(moment > held + 0.75 for moment in moments)


@pytest.mark.parametrize("rate", [None, 10.0])
def test_a_hold_is_extended_and_never_shortened(valkey, credential_id, rate):
    pace = Pace(valkey.url, credential_id, per_second=rate, burst=10)
    elsewhere = valkey.url.replace("127.0.0.1", "localhost")
    other = Pace(elsewhere, credential_id, per_second=rate, burst=10)
    assert other.held_for() == pace.held_for() == 0
    pace.hold(60)
    pace.hold(1)
    other.hold(2)
    pace.hold(0)
    pace.hold(-5)
    pace.hold(float("nan"))
    for each in (pace, other):
        assert 59 < each.held_for() <= 60
        assert 59 < each.take() <= 60
    other.hold(120)
    assert 119 < pace.held_for() <= 120
    pace.hold(float("inf"))
    assert other.held_for() > 86_400 * 364


def test_without_a_rate_only_holds_count_and_questions_are_few(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=None, burst=1)
    assert [pace.take() for _ in range(10_000)] == [0] * 10_000
    assert valkey.scripts_run() < 100


@pytest.mark.parametrize("rate", [40.0, 1000.0])
def test_without_redis_it_is_slower_and_never_unlimited(mortal_valkey, credential_id, rate):
    pace = Pace(mortal_valkey.url, credential_id, per_second=rate, burst=1000)
    assert pace.take() == 0
    assert not pace.is_degraded
    mortal_valkey.kill()
    time.sleep(0.03)  # an allotment is still good for 20 ms

    started = time.monotonic()
    moments = in_threads(lambda: grants(pace, time.time() + 0.8), threads=4)
    assert rate * 0.8 * 0.3 < len(moments) <= rate * 0.8 * 0.5 + 4
    assert time.monotonic() - started < 1.5
    assert pace.is_degraded

    mortal_valkey.start()
    time.sleep(1.1)
    assert pace.take() == 0
    assert not pace.is_degraded


@pytest.mark.parametrize("rate", [None, 50.0])
def test_a_hold_is_kept_without_redis(mortal_valkey, credential_id, rate):
    pace = Pace(mortal_valkey.url, credential_id, per_second=rate, burst=5)
    pace.hold(30)
    mortal_valkey.kill()
    later = Pace(mortal_valkey.url, credential_id, per_second=rate, burst=5)
    assert 29 < later.take() <= 30
    assert 29 < later.held_for() <= 30
    later.hold(60)
    assert 59 < pace.take() <= 60
    assert later.is_degraded


def test_a_redis_that_was_emptied_still_works(valkey, credential_id):
    pace = Pace(valkey.url, credential_id, per_second=10, burst=2)
    assert [pace.take() == 0 for _ in range(3)] == [True, True, False]
    pace.hold(30)
    valkey.client.flushall()
    valkey.client.script_flush()
    assert 29 < pace.take() <= 30
    elsewhere = valkey.url.replace("127.0.0.1", "localhost")
    other = Pace(elsewhere, credential_id, per_second=10, burst=2)
    assert [other.take() == 0 for _ in range(3)] == [True, True, False]
    assert not other.is_degraded


def test_a_full_redis_is_as_good_as_none(mortal_valkey, credential_id):
    mortal_valkey.client.config_set("maxmemory", "1mb")
    mortal_valkey.client.config_set("maxmemory-policy", "noeviction")
    pace = Pace(mortal_valkey.url, credential_id, per_second=100, burst=50)
    moments = grants(pace, time.time() + 0.5)
    assert pace.is_degraded
    assert 15 < len(moments) <= 26
    pace.hold(30)
    assert pace.take() > 29


def test_a_redis_that_never_answers_costs_time_once(credential_id):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        pace = Pace(url, credential_id, per_second=1000, burst=5)
        started = time.monotonic()
        assert pace.take() == 0
        assert time.monotonic() - started < 3
        started = time.monotonic()
        for _ in range(200):
            pace.take()
        assert time.monotonic() - started < 0.2
        assert pace.is_degraded


def test_a_clock_that_was_set_back_does_not_stop_everything(valkey, credential_id):
    ahead = int((time.time() + 3600) * 1e6)
    valkey.client.set(f"fsdest:pace:{{{credential_id}}}:earned", ahead)
    assert Pace(valkey.url, credential_id, per_second=10, burst=2).take() == 0


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (float("nan"), 1), (1, 0)])
def test_a_rate_of_nothing_is_a_mistake(rate, burst):
    with pytest.raises(ValueError, match="more than nothing"):
        Pace("redis://127.0.0.1:1/0", "x", per_second=rate, burst=burst)


def test_threads_that_begin_together_all_find_what_their_process_knows(credential_id, monkeypatch):
    real, seen = paces._share, []
    pace = Pace("redis://127.0.0.1:1/0", credential_id, per_second=None, burst=1)

    def interrupted(*whose):
        if not seen:
            seen.append("one thread has begun")
            seen.append(pace.take())  # another comes in between
        return real(*whose)

    monkeypatch.setattr(paces, "_share", interrupted)

    assert pace.take() == 0.0
    assert seen[1:] == [0.0]
