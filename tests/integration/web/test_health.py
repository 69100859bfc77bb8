"""What a load balancer asks: is it alive, and can it do its work."""

import pytest

pytestmark = pytest.mark.django_db


def test_it_says_that_it_is_alive_to_anybody(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


def test_it_names_the_broker_that_does_not_answer(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] is True
    assert answer.json()["broker"] is False


def test_it_is_not_ready_while_nobody_takes_messages(client, monkeypatch):
    monkeypatch.setattr("fsdest.hints.broker_answers", lambda: True)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["workers"] is False
    assert answer.json()["answered_s"] == {"drain": None, "ingest": None, "maintenance": None}
