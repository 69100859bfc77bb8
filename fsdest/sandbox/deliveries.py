"""Deliveries to webhook endpoints: signed as FullStory signs, tried a few times.

Source: https://developer.fullstory.com/destinations/v1/webhooks/getting-started/ and the verifier
of FullStory's own (fs-lexicon): HMAC-SHA256, keyed by the secret, over
`<raw body>:<org id>:<unix seconds>`.
"""

import asyncio
import hmac
import http.client
import time
from base64 import b64encode
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from fsdest.sandbox.jobs import now, stamp
from fsdest.sandbox.settings import Settings
from fsdest.sandbox.things import Endpoint

_MOST_KEPT = 1000


def signature(secret: str, body: bytes, org: str, seconds: int) -> str:
    """Return the value of Fullstory-Signature."""
    text = b"%s:%s:%d" % (body, org.encode(), seconds)
    made = b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()
    return f"o:{org},t:{seconds},v:{made}"


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event for one endpoint, and what came of it."""

    endpoint: str  # its url
    event_name: str
    created: str
    tries: int = 0
    status: int | None = None  # of the last try; None: no answer
    problem: str = ""
    is_done: bool = False


class Deliveries:
    """The deliveries that were begun, the newest kept for reading."""

    def __init__(self, settings: Settings) -> None:
        self.kept: deque[Delivery] = deque(maxlen=_MOST_KEPT)
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()

    def emit(
        self, name: str, data: dict[str, Any], endpoints: list[Endpoint], *, org: str
    ) -> list[Delivery]:
        """Begin to deliver an event to every enabled endpoint that wants its type."""
        body = orjson.dumps({"eventName": name, "version": 1, "data": data})
        begun = []
        for endpoint in endpoints:
            if endpoint.enabled and any(t["eventName"] == name for t in endpoint.event_types):
                delivery = Delivery(endpoint=endpoint.url, event_name=name, created=stamp(now()))
                begun.append(delivery)
                work = self._deliver(delivery, endpoint, body, org)
                task = asyncio.get_running_loop().create_task(work)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        self.kept.extend(begun)
        return begun

    def stop(self) -> None:
        """Leave what is not delivered."""
        for task in self._tasks:
            task.cancel()

    async def _deliver(self, delivery: Delivery, endpoint: Endpoint, body: bytes, org: str) -> None:
        settings = self._settings
        for number in range(settings.delivery_tries):
            if number:
                await asyncio.sleep(settings.delivery_backoff_s * 2 ** (number - 1))
            headers = {"Content-Type": "application/json"}
            if endpoint.secret or settings.signature_without_secret:
                headers["Fullstory-Signature"] = signature(
                    endpoint.secret, body, org, int(time.time())
                )
            delivery.tries += 1
            delivery.status, delivery.problem = await asyncio.to_thread(
                _post, endpoint.url, body, headers, settings.delivery_timeout_s
            )
            if delivery.status is not None and 200 <= delivery.status < 300:
                break
        delivery.is_done = True


def _post(
    url: str, body: bytes, headers: dict[str, str], timeout_s: float
) -> tuple[int | None, str]:
    """Post once; return the status, or None and what went wrong."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status, ""
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return None, f"{type(problem).__name__}: {problem}"
