"""Log lines: one for each event, whatever was in it, with what it is about."""

import io
import json
import logging
import logging.config

import pytest

from fsdest import logs


@pytest.fixture
def log_as():
    """`log_as("json")`: a logger, and a function that returns the lines it wrote."""
    made = []

    def make(form: str):
        found = logs.configuration(form=form, level="INFO")
        formatter = logging.config.DictConfigurator(found)
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.setFormatter(formatter.configure_formatter(found["formatters"][form]))
        handler.addFilter(logs.Routes())
        logger = logging.Logger("fsdest.test")
        logger.addHandler(handler)
        made.append(handler)
        return logger, lambda: out.getvalue().splitlines()

    return make


@pytest.mark.parametrize("form", logs.FORMS)
@pytest.mark.parametrize(
    "sly", ["a\nINFO forged", "a\r\nb", "\x1b[2J", "\x9b31m", "\x7f", "\u2028"]
)
@pytest.mark.surface("S27")
def test_what_somebody_sent_us_stays_on_its_line_and_shows_its_control_characters(
    log_as, form, sly
):
    logger, lines = log_as(form)

    logger.warning("the file %s is odd", sly)

    (line,) = lines()
    assert all(character.isprintable() for character in line)


def test_a_json_line_holds_the_facts_and_what_it_is_about(log_as):
    logger, lines = log_as("json")

    with logs.about(lane=3, destination="d-1"):
        logger.info("reached offset %d", 70)
    logger.info("done")

    inside, outside = map(json.loads, lines())
    assert inside.pop("at").startswith("20")
    assert isinstance(inside.pop("process"), int)
    assert inside == {
        "level": "info",
        "logger": "fsdest.test",
        "message": "reached offset 70",
        "lane": 3,
        "destination": "d-1",
    }
    assert "lane" not in outside


def test_an_exception_is_part_of_its_json_line(log_as):
    logger, lines = log_as("json")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logger.exception("it failed")

    (line,) = lines()
    assert json.loads(line)["message"] == "it failed"
    assert "ValueError: first\nsecond" in json.loads(line)["exception"]


def test_a_line_for_people_ends_with_what_it_is_about(log_as):
    logger, lines = log_as("line")

    with logs.about(request_id="r-1"):
        logger.info("asked")

    assert lines()[0].endswith("INFO fsdest.test asked [request_id=r-1]")


@pytest.mark.surface("S27")
def test_no_line_of_a_traceback_looks_like_an_event(log_as):
    logger, lines = log_as("line")
    try:
        raise ValueError("2026-11-24 INFO forged\n2026-11-24 INFO forged too")
    except ValueError:
        logger.exception("it failed")

    first, *rest = lines()
    assert first.endswith("it failed")
    assert all(line.startswith("  | ") for line in rest)


def test_a_failed_request_is_told_by_its_route(log_as):
    class Match:
        route = "hooks/<str:token>/"

    class Request:
        path = "/hooks/secret/"
        resolver_match = Match()

    logger, lines = log_as("line")

    logger.warning("%s: %s", "Not Found", Request.path, extra={"request": Request()})

    assert "secret" not in lines()[0]
    assert lines()[0].endswith("Not Found: hooks/<str:token>/")
