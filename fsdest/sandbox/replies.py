"""What the sandbox answers: a status, a body, headers; and FullStory's error bodies, word by word.

The words are those of the documented error responses (developer.fullstory.com, each reference).
"""

from dataclasses import dataclass
from typing import Any

import orjson

Headers = tuple[tuple[bytes, bytes], ...]
JSON_TYPE = b"application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """One response; `headers` come on top of Content-Type and Content-Length."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    content_type: bytes = JSON_TYPE


EMPTY_OBJECT = Reply(200, b"{}")
STILL_PROCESSING = Reply(202)


def ok(value: Any) -> Reply:
    """Answer 200 with `value` as JSON."""
    return Reply(200, orjson.dumps(value))


def error(status: int, message: str, code: str, headers: Headers = ()) -> Reply:
    """Answer with FullStory's error body."""
    return Reply(status, orjson.dumps({"message": message, "code": code}), headers)


def invalid(message: str) -> Reply:
    """Refuse an input, code invalid_argument."""
    return error(400, message, "invalid_argument")


def required(field: str) -> Reply:
    """Refuse the lack of `field`."""
    return error(400, f"{field} is required", "required_field")


def too_many(retry_after_s: int) -> Reply:
    """Refuse for a rate or a limit; to be tried again after so many seconds."""
    message = "Too many requests. Client has exceeded the rate limit for this endpoint."
    wait = ((b"Retry-After", str(retry_after_s).encode()),)
    return error(429, message, "too_many_requests", wait)


UNAUTHORIZED = error(401, "access is unauthorized", "unauthorized")
FORBIDDEN = error(403, "insufficient permissions", "forbidden")
NOT_FOUND = error(404, "Requested resource does not exist", "resource_not_found")
USER_NOT_FOUND = error(404, "User with that ID does not exist", "user_not_found")
METHOD_NOT_ALLOWED = error(405, "Method Not Allowed", "method_not_allowed")
SERVER_ERROR = error(500, "Server error was encountered", "server_error")
