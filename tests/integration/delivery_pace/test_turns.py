"""Who asks about import jobs shares the limit of the credential with who delivers."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from fsdest.delivery import turns
from fsdest.delivery.brake import ASKED, OUR_LIMIT
from fsdest.models import Credential

RATE = 40.0
LASTS_S = 2.0


@pytest.fixture
def credential(valkey, settings):
    settings.REDIS_URL = valkey.url
    return Credential(per_second=RATE)  # with an id of its own; it need not be saved


def asked(credential, *, until):
    """Ask again and again; return how often it was one's turn."""
    turns_had = 0
    while time.monotonic() < until:
        turns_had += turns.wait(credential, now=datetime.now(UTC)) is None
    return turns_had


def delivered(credential, *, until):
    pace, calls = turns.limiter(credential), 0
    while time.monotonic() < until:
        wait_s = pace.take()
        calls += wait_s <= 0
        time.sleep(wait_s)
    return calls


def race(credential, *, senders, askers):
    """Return the calls that deliveries made, and those that asked."""
    delivered(credential, until=time.monotonic() + 0.2)  # what a rest has saved up is used up
    until = time.monotonic() + LASTS_S
    with ThreadPoolExecutor(senders + askers) as pool:
        sent = [pool.submit(delivered, credential, until=until) for _ in range(senders)]
        told = [pool.submit(asked, credential, until=until) for _ in range(askers)]
        return sum(f.result() for f in sent), sum(f.result() for f in told)


def test_neither_many_senders_nor_many_askers_leave_the_other_nothing(credential):
    sent, told = race(credential, senders=30, askers=1)
    assert told >= RATE * LASTS_S / 16
    assert sent >= RATE * LASTS_S / 8

    sent, told = race(credential, senders=1, askers=8)
    assert sent >= RATE * LASTS_S / 8


def test_all_together_stay_within_the_rate(credential):
    sent, told = race(credential, senders=8, askers=8)

    most = RATE * LASTS_S + RATE + 8 + RATE * turns.PATIENCE_S  # and a burst, and what lies ahead
    assert sent + told <= most


def test_during_a_hold_nobody_asks(credential):
    turns.limiter(credential).hold(60)

    not_yet = turns.wait(credential, now=datetime.now(UTC))

    assert not_yet is not None
    assert not_yet.reason == ASKED
    assert timedelta(seconds=55) < not_yet.wait <= timedelta(seconds=60)


def test_a_hold_that_only_the_database_knows_holds_too(credential):
    now = datetime.now(UTC)
    credential.hold_until = now + timedelta(seconds=30)

    assert turns.wait(credential, now=now).reason == ASKED
    assert turns.limiter(credential).held_for() > 25


def test_who_would_have_to_wait_for_long_is_told_so(credential):
    credential.per_second = 0.1
    assert turns.wait(credential, now=datetime.now(UTC)) is None

    assert turns.wait(credential, now=datetime.now(UTC)).reason == OUR_LIMIT


def test_without_a_rate_nobody_waits(credential):
    credential.per_second = None
    began = time.monotonic()

    for _ in range(200):
        assert turns.wait(credential, now=datetime.now(UTC)) is None

    assert time.monotonic() - began < 2
