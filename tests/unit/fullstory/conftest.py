"""Replies as FullStory gives them."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from fsdest.exchange import Reply


@pytest.fixture
def reply() -> Callable[..., Reply]:
    """`reply(400, {"message": ...}, retry_after="5")`; a body of bytes goes as it is."""

    def make(
        status: int,
        body: object = b"",
        *,
        content_type: str = "application/json",
        retry_after: str = "",
        is_cut: bool = False,
    ) -> Reply:
        headers = (("Content-Type", content_type),) if content_type else ()
        if retry_after:
            headers += (("Retry-After", retry_after),)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Reply(status=status, headers=headers, body=raw, elapsed=timedelta(0), is_cut=is_cut)

    return make
