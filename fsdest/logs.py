"""How log lines look: a line for a person, or a JSON object for a machine.

Either is one line for one event, and what somebody sent us cannot pretend to be another: control
characters are escaped. `about` says once what the lines of a block are about, such as the number of
a request or the lane of a shift. Never a payload, never a key.
"""

import json
import logging
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.typing import EventDict

FORMS = ("line", "json")
_CONTROLS = {n: f"\\x{n:02x}" for n in (*range(32), *range(127, 160))}
_CONTROLS |= {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_NOT_BY_JSON = {0x7F: "\\u007f"}  # it escapes all others


def about(**what: object) -> AbstractContextManager[None]:
    """Let every line logged within the block say `what` it is about."""
    return bound_contextvars(**what)


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """Return the configuration of `logging` for one of FORMS, everything to standard error."""
    # A hint is no news: the shift and the reading that it starts say what they did.
    quiet = ["celery.worker.strategy", "celery.app.trace", "axes"]
    if form == "line":
        quiet.append("fsdest.web.requests")  # open pages ask every few seconds
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": Line},
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.contextvars.merge_contextvars],
                "processors": [_facts, _without_meta, structlog.processors.format_exc_info, _dump],
            },
        },
        "filters": {"news": {"()": News}, "routes": {"()": Routes}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["news", "routes"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in quiet},
    }


class News(logging.Filter):
    """Keeps what beat does every few seconds out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is worth a line."""
        return not record.getMessage().startswith("Scheduler: Sending")


class Routes(logging.Filter):
    """Says which route was asked for instead of which path: a path may hold what is secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record that Django made of a request that failed; keep all."""
        request = getattr(record, "request", None)
        match = getattr(request, "resolver_match", None)
        if match is not None and isinstance(record.args, tuple):
            path = getattr(request, "path", None)
            record.args = tuple(match.route if each == path else each for each in record.args)
        return True


class Line(logging.Formatter):
    """Time, level, logger, message, and what it is about. A traceback follows, marked by bars."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without a traceback."""
        line = super().formatMessage(record)
        found = get_contextvars()
        place = " ".join(f"{name}={found[name]}" for name in sorted(found))
        return f"{line} [{place}]".translate(_CONTROLS) if place else line.translate(_CONTROLS)

    def formatException(self, ei: Any) -> str:
        """Return a traceback none of whose lines looks like an event of its own."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  | {line.translate(_CONTROLS)}" for line in lines)


def _facts(_logger: Any, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    return {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": event.pop("event"),
        "process": record.process,
        **event,
    }


def _without_meta(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name[0] != "_"}


def _dump(_logger: Any, _method: str, event: EventDict) -> str:
    return json.dumps(event, default=str).translate(_NOT_BY_JSON)
