"""One call to the sandbox, as its routes see it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from fsdest.sandbox.keys import Key
from fsdest.sandbox.ledger import digest
from fsdest.sandbox.replies import Reply, invalid


class Refusal(Exception):
    """A call ends with `reply`."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


@dataclass(kw_only=True)
class Call:
    """A request: the path's variable parts are in `parts`, decoded."""

    method: str
    path: str
    raw_query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    seq: int = 0  # its number in the ledger
    key: Key | None = None
    parts: tuple[str, ...] = field(default=())

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one, the last."""
        pairs = parse_qs(self.raw_query.decode("latin-1"), keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}

    @cached_property
    def digest(self) -> str:
        """Of the body, as received."""
        return digest(self.body)

    @cached_property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key header."""
        value = self.headers.get(b"idempotency-key")
        return value.decode("latin-1") if value else None

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object, whatever the Content-Type says. Refuses anything else."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise Refusal(invalid("The request body is not valid JSON")) from None
        if not isinstance(value, dict):
            raise Refusal(invalid("The request body must be a JSON object"))
        return value

    def flag(self, name: str) -> bool | None:
        """Return a parameter that is true or false, None if it is absent."""
        value = self.query.get(name)
        return None if value in (None, "") else value.lower() in {"true", "1"}


def decoded(part: str) -> str:
    """Return a part of a path, decoded (job ids may hold `%3D`)."""
    return unquote(part)
