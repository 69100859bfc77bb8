"""Each request has a number, which its answer and its log lines carry."""

import logging

import pytest
from structlog.contextvars import get_contextvars

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines():
    """`lines()`: the messages about requests, each with what it is about."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append((record.getMessage(), dict(get_contextvars())))

    logger, handler = logging.getLogger("fsdest.web.requests"), Keep()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield lambda: found
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_the_answer_and_the_log_carry_the_number_of_the_request(as_ann, lines):
    answer = as_ann.get("/flows/", headers={"X-Request-ID": "a-number-of-ours"})

    assert answer["X-Request-ID"] == "a-number-of-ours"
    ((message, about),) = lines()
    assert message.startswith("GET flows/: 200, ")
    assert about == {"request_id": "a-number-of-ours"}
    assert get_contextvars() == {}


def test_a_number_that_could_be_something_else_is_replaced(as_ann, lines):
    first = as_ann.get("/flows/", headers={"X-Request-ID": "<script>alert(1)</script>"})
    second = as_ann.get("/flows/")

    assert len(first["X-Request-ID"]) == 16
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_neither_path_nor_query_is_logged(as_ann, destination, lines):
    as_ann.get(f"/destinations/{destination.pk}/history/", {"uid": "somebody"})

    ((message, _),) = lines()
    assert message.startswith("GET destinations/<uuid:destination>/history/: 200")


def test_what_machines_ask_all_the_time_is_not_logged(client, lines):
    client.get("/healthz")

    assert lines() == []
