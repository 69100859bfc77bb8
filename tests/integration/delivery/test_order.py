"""Order per user: 50 users with 40 records each, every call with the statuses prescribed for it."""

import random
import threading
import time
from datetime import timedelta
from itertools import groupby

import pytest
from django.db import connection, connections
from django.utils import timezone

from fsdest.delivery import account, backoff, breaker, control, run, schedule
from fsdest.delivery.recount import recount
from fsdest.models import Lane
from tests.integration.delivery.prescribed import DONE, TAKEN_UNSAID, Prescribed

USERS, STEPS, SEED = 50, 40, 7
# In-memory SQLite lets one thread in; there, one worker goes from lane to lane.
WORKERS = 3 if connection.vendor == "postgresql" else 1


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(backoff, "SHORTEST", timedelta(milliseconds=2))
    monkeypatch.setattr(backoff, "LONGEST", timedelta(milliseconds=10))
    monkeypatch.setattr(breaker, "A_MOMENT", timedelta(milliseconds=20))
    monkeypatch.setattr(schedule, "PROBE_AFTER", timedelta(milliseconds=20))
    monkeypatch.setattr(run, "SHIFT", timedelta(milliseconds=500))
    monkeypatch.setattr(run, "LOOK_EVERY", timedelta(milliseconds=50))


@pytest.fixture
def prescribed(sandbox, settings):  # after the sandbox, which sets the address too
    chance = random.Random(SEED)
    statuses = {
        (f"user-{user}", step): some_statuses(chance)
        for user in range(USERS)
        for step in range(STEPS)
    }
    server = Prescribed(statuses, SEED)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.FULLSTORY_SANDBOX_URL = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def some_statuses(chance):
    """Mostly success at once; else failures that end in success, in a refusal, or in no answer."""
    if chance.random() < 0.93:
        return [200]
    failures = [chance.choice([500, 502, 503, 504]) for _ in range(chance.randint(0, 4))]
    return [*failures, chance.choices([200, 400, TAKEN_UNSAID], [6, 2, 2])[0]]


def work_until_done(destination, errors):
    chance = random.Random(SEED)
    try:
        while Lane.objects.filter(destination=destination).exclude(due_at=None).exists():
            due = list(Lane.objects.workable(timezone.now()).values_list("pk", flat=True))
            if due:
                run.work(chance.choice(due), clock=timezone.now)
            else:
                time.sleep(0.005)
    except BaseException as error:
        errors.append(error)
    finally:
        if threading.current_thread() is not threading.main_thread():
            connections.close_all()


def disturb(destination, over):
    """Pause and activate at random moments."""
    chance = random.Random(SEED)
    while not over.wait(chance.random() * 0.6):
        control.pause(destination, now=timezone.now())
        over.wait(chance.random() * 0.05)
        control.activate(destination, now=timezone.now())
    control.activate(destination, now=timezone.now())
    connections.close_all()


@pytest.mark.timeout(180)
@pytest.mark.django_db(transaction=True)
def test_effects_of_each_user_come_in_order_and_none_after_it_is_done(
    quick, prescribed, destination_with
):
    records = [
        {"uid": f"user-{user}", "step": step} for step in range(STEPS) for user in range(USERS)
    ]
    destination = destination_with(*records)
    control.activate(destination, now=timezone.now())

    deliver_with_workers(destination)

    users = dict(prescribed.steps())
    assert len(users) == USERS
    for calls in users.values():
        steps = [(step, [status for _, status in some]) for step, some in by_step(calls)]
        assert [step for step, _ in steps] == list(range(STEPS))
        for _, statuses in steps:
            ends = [status in {*DONE, TAKEN_UNSAID} for status in statuses]
            assert ends == [False] * (len(ends) - 1) + [True]
    assert {len(bodies) for bodies in prescribed.bodies.values()} == {1}
    balance = account.balance(destination)
    assert balance.settled == balance.accepted == USERS * STEPS
    assert balance.quarantined == sum(status == 400 for _, _, status in prescribed.journal)
    assert recount(destination).is_right


def by_step(calls):
    return groupby(calls, key=lambda call: call[0])


def deliver_with_workers(destination):
    errors, over = [], threading.Event()
    if WORKERS == 1:
        work_until_done(destination, errors)
    else:
        workers = [
            threading.Thread(target=work_until_done, args=(destination, errors))
            for _ in range(WORKERS)
        ]
        disturber = threading.Thread(target=disturb, args=(destination, over))
        for thread in [*workers, disturber]:
            thread.start()
        for thread in workers:
            thread.join()
        over.set()
        disturber.join()
    assert not errors, errors
