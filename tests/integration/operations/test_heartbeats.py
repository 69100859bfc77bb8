"""What workers tell of themselves, and what they are seen to work on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fsdest.delivery import heartbeats
from fsdest.delivery.heartbeats import Heartbeat
from fsdest.models import Destination, Lane, Nexset, Source

SIGN = "a" * 16


@pytest.fixture
def heartbeat(now) -> Heartbeat:
    return Heartbeat(
        sign=SIGN,
        name="drain@here",
        host="here",
        pid=7,
        queues=("drain",),
        processes=2,
        started_at=now - timedelta(hours=2),
        seen_at=now,
        took_at={"drain": now - timedelta(seconds=3)},
    )


@pytest.fixture
def told(valkey):
    """`told(heartbeat, ...)`: as if workers had told them."""

    def tell(*beats: Heartbeat) -> None:
        with heartbeats.connect() as client:
            for each in beats:
                heartbeats.tell(client, each)

    return tell


@pytest.fixture
def source(organization) -> Source:
    return Source.objects.create(organization=organization, name="users.csv")


@pytest.fixture
def lane(organization, source) -> Lane:
    nexset = Nexset.objects.create(organization=organization, source=source, name="Users")
    destination = Destination.objects.create(
        organization=organization, nexset=nexset, name="To FullStory"
    )
    return Lane.objects.create(destination=destination, number=3)


@pytest.mark.django_db
def test_a_worker_is_seen_as_it_told(told, heartbeat, now):
    told(heartbeat)

    (worker,) = heartbeats.workers(now)

    assert worker.heartbeat == heartbeat
    assert not worker.is_lost
    assert worker.works_on == ()


@pytest.mark.django_db
def test_a_worker_that_says_nothing_for_a_while_is_lost_and_later_forgotten(told, heartbeat, now):
    told(heartbeat)

    (later,) = heartbeats.workers(now + timedelta(minutes=1))
    assert later.is_lost
    assert heartbeats.workers(now + timedelta(hours=2)) == []


def test_a_worker_takes_the_place_of_an_earlier_one_of_its_name(told, heartbeat, now):
    other = replace(heartbeat, sign="b" * 16, name="ingest@here")
    old = replace(other, sign="c" * 16, name="x@gone", seen_at=now - timedelta(hours=2))
    told(heartbeat, other, old)

    with heartbeats.connect() as client:
        found = heartbeats.replaced(client, "drain@here", now=now)
        assert sorted(found) == [SIGN, "c" * 16]
        heartbeats.forget(client, found)
        assert [each.sign for each in heartbeats.heartbeats(client)] == ["b" * 16]


def test_what_a_worker_has_claimed_is_told_with_it(told, heartbeat, lane, source, now):
    until = now + timedelta(seconds=90)
    Lane.objects.update(owner=SIGN + "b" * 16, lease_until=until)
    Source.objects.update(owner=SIGN + "c" * 16, lease_until=until)
    told(heartbeat, replace(heartbeat, sign="d" * 16, name="ingest@here"))

    busy, idle = heartbeats.workers(now)

    assert [(work.kind, work.title) for work in busy.works_on] == [
        ("lane", "lane 3 of To FullStory"),
        ("file", "users.csv"),
    ]
    assert busy.works_on[0].id == str(lane.destination_id)
    assert idle.works_on == ()


def test_a_lease_that_has_ended_is_nobodys_work(told, heartbeat, lane, now):
    Lane.objects.update(owner=SIGN + "b" * 16, lease_until=now - timedelta(seconds=1))
    told(heartbeat)

    (worker,) = heartbeats.workers(now)

    assert worker.works_on == ()


def test_without_a_broker_nobody_knows_the_workers(settings, now):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert heartbeats.workers(now) is None


def test_a_queue_is_answered_by_whoever_took_a_message_last(told, heartbeat, now):
    sooner = replace(heartbeat, sign="b" * 16, took_at={"drain": now - timedelta(minutes=9)})
    told(heartbeat, sooner)

    assert heartbeats.answers_now(now) == {"drain": timedelta(seconds=3)}


def test_an_answer_outlives_the_worker_that_gave_it(told, heartbeat, now):
    told(heartbeat)
    with heartbeats.connect() as client:
        heartbeats.forget(client, [SIGN])

    later = now + timedelta(minutes=1)
    assert heartbeats.answers_now(later) == {"drain": timedelta(seconds=63)}


def test_a_worker_with_its_hands_full_answers_as_long_as_it_is_seen(told, heartbeat, now):
    told(heartbeat, replace(heartbeat, is_busy=True))

    later = now + timedelta(minutes=1)
    assert heartbeats.answers_now(now) == {"drain": timedelta(0)}
    assert heartbeats.answers_now(later) == {"drain": timedelta(seconds=63)}


def test_without_a_broker_no_queue_is_answered(settings, now):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert heartbeats.answers_now(now) == {}
