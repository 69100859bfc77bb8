"""How many calls may be under way narrows with trouble, widens with time, and is shared."""

import threading
import time
from datetime import timedelta

from fsdest.delivery import width as widths
from fsdest.delivery.brake import Brake, Reason, Stop
from fsdest.delivery.width import Width
from tests.running import free_port, until

A_MINUTE = timedelta(minutes=1)


def width_at(url, credential_id, *, regain_s=60.0):
    return Width(url, credential_id, most=16, regain_s=regain_s)


def test_trouble_halves_it_for_everyone_and_once_for_calls_refused_together(valkey, credential_id):
    mine, yours = (width_at(valkey.url, credential_id) for _ in range(2))

    for _ in range(10):
        mine.narrow()
    yours.look()

    assert (mine.allowed, yours.allowed) == (9, 9)  # half, and what was regained since


def test_another_credential_is_not_narrowed(valkey, credential_id):
    mine, other = width_at(valkey.url, credential_id), width_at(valkey.url, f"not {credential_id}")

    mine.narrow()
    other.look()

    assert other.allowed == 16


def test_it_widens_by_a_fixed_part_each_second(valkey, credential_id):
    width = width_at(valkey.url, credential_id, regain_s=2.0)
    width.narrow()
    began, seen = time.monotonic(), []

    def look():
        width.look()
        seen.append((time.monotonic() - began, width.allowed))
        return width.allowed == 16

    until(look, what="the whole width")

    half_way = [allowed for at, allowed in seen if 0.4 < at < 0.6]
    assert all(10 <= allowed <= 14 for allowed in half_way)
    assert seen[-1][0] > 0.8


def test_trouble_that_goes_on_narrows_it_to_one_call(valkey, credential_id, monkeypatch):
    monkeypatch.setattr(widths, "CALM_S", 0.001)
    width = width_at(valkey.url, credential_id)

    for _ in range(12):
        time.sleep(0.002)
        width.narrow()

    assert width.allowed == 1


def test_without_redis_it_narrows_all_the_same(credential_id):
    width = width_at(f"redis://127.0.0.1:{free_port()}/0", credential_id)

    width.narrow()
    width.narrow()

    assert width.allowed == 9


def test_no_more_calls_are_under_way_than_allowed(valkey, credential_id):
    width, brake = width_at(valkey.url, credential_id), Brake()
    width.narrow()
    brake.allow_calls_for(A_MINUTE)
    entered = [threading.Thread(target=width.enter, args=(brake,)) for _ in range(width.allowed)]
    for thread in entered:
        thread.start()
        thread.join()
    late = threading.Thread(target=width.enter, args=(brake,), daemon=True)
    late.start()

    late.join(0.05)
    assert late.is_alive()
    width.leave()
    late.join(5)
    assert not late.is_alive()


def test_a_pulled_brake_ends_the_wait(valkey, credential_id):
    width, brake = width_at(valkey.url, credential_id), Brake()
    brake.allow_calls_for(A_MINUTE)
    width.allowed = 0
    results = []
    waiting = threading.Thread(target=lambda: results.append(width.enter(brake)))
    waiting.start()

    brake.pull(Reason(Stop.PAUSED))
    waiting.join(5)

    assert results == [False]
