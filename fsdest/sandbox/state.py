"""What outlives a restart: what changes is appended in full to a file, and the last line wins.

Nothing is written without `--state`. A line is out of the process before the reply is: killing the
sandbox loses nothing that was answered, except that a job killed midway begins again.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from fsdest.sandbox.people import User
from fsdest.sandbox.replies import Reply
from fsdest.sandbox.things import Endpoint, Operation, Session

Place = tuple[str, str, str]  # organization, route, Idempotency-Key


class State:
    """The file, or nothing until `open`. `restore.py` reads what is written here."""

    def __init__(self) -> None:
        self._file: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything is written at all."""
        return self._file is not None

    def open(self, path: Path) -> None:
        """Append to `path` from now on."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def clear(self) -> None:
        """Forget all that is written."""
        if self._file is not None:
            os.ftruncate(self._file, 0)

    def user(self, user: User) -> None:
        """Write how a user now is."""
        if self._file is None:
            return
        self._write(
            "user",
            id=user.id,
            uid=user.uid,
            display_name=user.display_name,
            email=user.email,
            properties=orjson.Fragment(user.properties or b"null"),
            schema=orjson.Fragment(user.schema or b"null"),
            gone_at=user.gone_at,
        )

    def same(self, id: str, user: User) -> None:
        """Write that an id now leads to another user."""
        self._write("same", id=id, user=user.id)

    def event(self, event: bytes) -> None:
        """Write an event."""
        if self._file is not None:
            self._write("event", event=orjson.Fragment(event))

    def job(self, job: dict[str, Any]) -> None:
        """Write a job that was accepted, with its items."""
        self._write("job", **job)

    def job_done(self, id: str, **outcome: Any) -> None:
        """Write what came of a job."""
        self._write("done", id=id, **outcome)

    def reply(self, place: Place, body: bytes, until: float, reply: Reply) -> None:
        """Write a reply that is kept under an Idempotency-Key."""
        if self._file is None:
            return
        self._write(
            "reply",
            place=place,
            digest=body.hex(),
            until=until,
            status=reply.status,
            body=reply.body.decode("latin-1"),
        )

    def endpoint(self, endpoint: Endpoint) -> None:
        """Write how a webhook endpoint now is."""
        self._write("endpoint", **asdict(endpoint))

    def no_endpoint(self, id: str) -> None:
        """Write that an endpoint is no more."""
        self._write("no_endpoint", id=id)

    def operation(self, operation: Operation) -> None:
        """Write an operation."""
        self._write("operation", **asdict(operation))

    def session(self, session: Session) -> None:
        """Write a session."""
        self._write("session", **asdict(session))

    def _write(self, line: str, **thing: Any) -> None:
        if self._file is None:
            return
        left = memoryview(orjson.dumps({"line": line} | thing) + b"\n")
        while left:
            left = left[os.write(self._file, left) :]
