"""Readiness, as a load balancer asks for it: database, broker, and somebody who takes messages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fsdest.delivery import heartbeats
from fsdest.delivery.heartbeats import Heartbeat

pytestmark = pytest.mark.django_db
QUEUES = ("drain", "ingest", "maintenance")


@pytest.fixture
def serve(valkey, now):
    """`serve(seconds)`: a worker of all queues took a message of each so long ago."""

    def tell(age_s: float, **more: object) -> None:
        beat = Heartbeat(
            sign="a" * 16,
            name="all@here",
            host="here",
            pid=7,
            queues=QUEUES,
            processes=2,
            started_at=now - timedelta(hours=2),
            seen_at=now - timedelta(seconds=age_s),
        )
        beat = replace(beat, **more)
        with heartbeats.connect() as client:
            took_at = dict.fromkeys(beat.queues, beat.seen_at)
            heartbeats.tell(client, replace(beat, took_at=took_at))

    return tell


def test_it_is_ready_while_every_queue_is_answered(serve, client):
    serve(12)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert set(answer.json()["answered_s"]) == set(QUEUES)
    assert all(12 <= age < 30 for age in answer.json()["answered_s"].values())


def test_it_is_not_ready_once_a_queue_was_not_answered_for_a_minute(serve, client):
    serve(61)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() | {"answered_s": {}} == {
        "ready": False,
        "database": True,
        "broker": True,
        "workers": False,
        "answered_s": {},
    }


def test_one_queue_that_nobody_serves_is_enough(serve, client):
    serve(1, queues=("drain", "ingest"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["answered_s"]["maintenance"] is None
