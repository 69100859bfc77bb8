"""The one renderer: preview, test, dry run and delivery all make their requests here."""

from collections.abc import Callable, Sequence

from fsdest.exchange import Headers, Request
from fsdest.payloads import runs
from fsdest.payloads.build import Payload
from fsdest.payloads.configuration import Configuration
from fsdest.payloads.envelope import envelope

CONTENT_TYPES = {
    "json": "application/json",
    "xml": "application/xml",
    "form": "application/x-www-form-urlencoded",
}
_CONTENT_TYPE = {name: ("Content-Type", value) for name, value in CONTENT_TYPES.items()}


def request(
    configuration: Configuration,
    payloads: Sequence[Payload],
    *,
    base_url: str,
    idempotency_key: str = "",
) -> Request:
    """Return the request that carries `payloads`, of one target, of which there is at least one.

    Equal payloads give equal bytes. `base_url` is scheme and host of FullStory; a URL entered by
    hand is used as it is. The key is sent only to endpoints that take one.
    """
    made = body(configuration, payloads) if configuration.endpoint.has_body else b""
    return _request(configuration, payloads, base_url, idempotency_key, made)


def with_key(
    configuration: Configuration,
    payloads: Sequence[Payload],
    *,
    base_url: str,
    key_of: Callable[[bytes], str],
) -> Request:
    """Return the same with the idempotency key that `key_of` gives its body, if it takes one."""
    made = body(configuration, payloads) if configuration.endpoint.has_body else b""
    key = key_of(made) if configuration.endpoint.is_idempotent else ""
    return _request(configuration, payloads, base_url, key, made)


def body(configuration: Configuration, payloads: Sequence[Payload]) -> bytes:
    """Return the bytes that carry `payloads`: their items, joined, never read again."""
    if configuration.batch is None and configuration.content_format != "xml":
        return payloads[0].item
    return envelope(configuration).body(runs.items(payloads))


def _request(
    configuration: Configuration,
    payloads: Sequence[Payload],
    base_url: str,
    idempotency_key: str,
    made: bytes,
) -> Request:
    target = runs.target(payloads)
    return Request(
        method=configuration.endpoint.method,
        url=base_url.rstrip("/") + target if target.startswith("/") else target,
        headers=_headers(configuration, idempotency_key),
        body=made,
    )


def _headers(configuration: Configuration, idempotency_key: str) -> Headers:
    headers = configuration.headers
    if configuration.endpoint.has_body and not (headers and _has_content_type(headers)):
        headers = (_CONTENT_TYPE[configuration.content_format], *headers)
    if idempotency_key and configuration.endpoint.is_idempotent:
        headers = (*headers, ("Idempotency-Key", idempotency_key))
    return headers


def _has_content_type(headers: Headers) -> bool:
    return any(name.lower() == "content-type" for name, _ in headers)
