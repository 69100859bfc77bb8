"""From a call to the network: the one way in which worker, test and look-up reach FullStory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from fsdest.delivery.calls import Call, Exchange
from fsdest.exchange import NoReply, Reply, Request
from fsdest.fullstory.verdicts import Verdict
from fsdest.models import Credential
from fsdest.outbound import Line, Route
from fsdest.payloads import keys, render
from fsdest.payloads.configuration import Configuration
from fsdest.vault import redact

ECHO_BYTES = 64 * 1024  # of a reply's body that the response nexset takes in


def route(credential: Credential) -> Route:
    """Return the hosts that this credential's key may be sent to, and no others.

    In production a credential for the sandbox leads nowhere, whoever made it and however.
    """
    if credential.is_sandbox:
        return Route(loopback=credential.base_url if settings.SANDBOX_ALLOWED else "")
    return Route(hosts=frozenset({urlsplit(credential.base_url).netloc}))


def line(credential: Credential, *, is_open: bool = False) -> Line:
    """Return a fresh line to FullStory. A line belongs to one thread. Raises vault.CannotUnseal.

    An open one also reaches other public hosts, for URLs entered by hand; they get no key.

    Source: https://developer.fullstory.com/server/authentication (the key goes as it was issued).
    """
    to = replace(route(credential), is_open=is_open)
    return Line(to, authorization=f"Basic {credential.unseal()}", is_lean=settings.LEAN)


def deadline() -> timedelta:
    """Return how long one call may take, from connecting to the last byte."""
    return timedelta(seconds=settings.CALL_DEADLINE_S)


def scrubbed(reply: Reply, key: str) -> Reply:
    """Return `reply` without the key, which a server or a proxy may have repeated."""
    return replace(
        reply,
        headers=tuple((name, redact(value, [key])) for name, value in reply.headers),
        body=redact(reply.body.decode(errors="replace"), [key]).encode(),
    )


def request_for(
    call: Call, configuration: Configuration, *, destination_id: str, base_url: str
) -> Request:
    """Return the very request of `call`: equal calls give equal bytes under an equal key."""

    def key_of(body: bytes) -> str:
        return keys.idempotency_key(
            destination_id, call.version, call.offsets, call.generation, body
        )

    return render.with_key(configuration, call.payloads, base_url=base_url, key_of=key_of)


@dataclass(slots=True)
class Sent:
    """A call that was sent; its reply is read later, so that others can be sent meanwhile."""

    wire: "Wire"
    at: datetime
    request: Request
    is_under_way: bool  # or else nothing is sent before `reply`
    is_echoed: bool  # the reply becomes a record

    def reply(self) -> Reply | NoReply:
        """Wait for what comes back, and return it, once. What the books keep shows no key."""
        reply = self.wire.line.end()
        if isinstance(reply, Reply) and (reply.status >= 300 or self.is_echoed):
            reply = scrubbed(reply, self.wire.key)
        return reply

    def exchange(self, call: Call, reply: Reply | NoReply, verdict: Verdict) -> Exchange:
        """Return the entry of this call for the books."""
        answer = reply if isinstance(reply, Reply) else None
        return Exchange(
            at=self.at,
            elapsed=reply.elapsed,
            offsets=call.offsets,
            version=call.version,
            generation=call.generation,
            status=answer.status if answer else None,
            verdict=verdict,
            method=self.request.method,
            url=self.request.url,
            wants_echo=self.is_echoed,
            reply=answer.body[:ECHO_BYTES] if answer and self.is_echoed else b"",
        )


@dataclass(slots=True, kw_only=True)
class Wire:
    """One thread's way to FullStory for one destination."""

    line: Line
    key: str  # never kept: what comes back is searched for it
    destination_id: str
    base_url: str
    deadline: timedelta = field(default_factory=deadline)

    def send(self, call: Call, configuration: Configuration) -> Sent:
        """Send `call` once. Nothing else may be sent before its reply was read."""
        request = request_for(
            call, configuration, destination_id=self.destination_id, base_url=self.base_url
        )
        at = datetime.now(UTC)
        is_under_way = self.line.begin(request, deadline=self.deadline)
        return Sent(self, at, request, is_under_way, configuration.echo)
