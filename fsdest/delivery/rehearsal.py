"""The sample requests and the test panel: the same road as a delivery, without the books."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from fsdest.delivery import wire
from fsdest.delivery.advice import Tested, advice
from fsdest.exchange import Headers, NoReply, Reply, Request, Silence
from fsdest.fullstory.verdicts import Verdict, VerdictKind, judge
from fsdest.models import Credential, Nexset
from fsdest.payloads import group, render
from fsdest.payloads.build import Payload, Rejected, Renderer
from fsdest.payloads.configuration import Configuration
from fsdest.records import ranges
from fsdest.vault import CannotUnseal

SINGLE_SAMPLES = 3  # requests shown
BATCH_RECORDS = 20  # records shown of a nexset that travels in batches
REPLY_SHOWN = 8 * 1024  # characters of a reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request that the settings of the moment make, or the reason why there is none."""

    offsets: tuple[int, ...]
    request: Request | None = None
    reason: str = ""
    order_key: str = ""  # of its first record: whom or what it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One exchange of the test panel, as it may be shown: the key is in no part of it."""

    at: datetime
    request: Request
    verdict: Verdict
    next_step: str
    elapsed: timedelta
    status: int | None = None  # None: no reply
    headers: Headers = ()
    body: str = ""
    is_cut: bool = False  # there was more of the reply than REPLY_SHOWN

    @property
    def is_success(self) -> bool:
        return self.verdict.kind in {VerdictKind.DELIVERED, VerdictKind.ACCEPTED}


def first_offsets(configuration: Configuration, nexset: Nexset) -> range:
    """Return the offsets of the records that samples are made of when nobody chose others."""
    most = BATCH_RECORDS if configuration.batch else SINGLE_SAMPLES
    return range(min(most, nexset.record_count))


def samples(
    configuration: Configuration, nexset: Nexset, *, base_url: str, offsets: Sequence[int]
) -> list[Sample]:
    """Return the requests that the records at ascending `offsets` make, in their order.

    A record that no request can be made of has a Sample with the reason. The bytes are those
    that a delivery of the same records would send.
    """
    refused: list[Sample] = []

    def payloads() -> Iterator[Payload]:
        renderer = Renderer(configuration)
        for first, last in ranges.pack(offsets):
            for offset, line in nexset.lines(first, last + 1):
                match renderer.build(offset, line):
                    case Rejected(reason=reason):
                        refused.append(Sample(offsets=(offset,), reason=reason))
                    case payload:
                        yield payload

    made = [
        Sample(
            offsets=tuple(payload.offset for payload in together),
            request=render.request(configuration, together, base_url=base_url),
            order_key=together[0].order_key,
        )
        for together in group.calls(configuration, payloads())
    ]
    return sorted([*made, *refused], key=lambda sample: sample.offsets)


def sample(configuration: Configuration, offset: int, line: bytes, *, base_url: str) -> Sample:
    """Return the request that carries one record alone, given as a JSON line."""
    built = Renderer(configuration).build(offset, line)
    if isinstance(built, Rejected):
        return Sample(offsets=(offset,), reason=built.reason)
    request = render.request(configuration, [built], base_url=base_url)
    return Sample(offsets=(offset,), request=request, order_key=built.order_key)


def try_out(
    credential: Credential, request: Request, *, configuration: Configuration, records: int
) -> Trial:
    """Send `request` once, as a delivery would, and tell what came of it.

    Its idempotency key is random (version 4), where those of deliveries are derived (version 5):
    a test never answers for a delivery. Never raises.
    """
    endpoint = configuration.endpoint
    if endpoint.is_idempotent:
        key = ("Idempotency-Key", str(uuid.uuid4()))
        request = replace(request, headers=(*request.headers, key))
    at = datetime.now(UTC)
    reply = _send(credential, request)
    verdict = judge(
        reply,
        records=records,
        follow=endpoint.follow,
        is_idempotent=endpoint.is_idempotent,
        may_be_empty=endpoint.may_reply_empty,
        now=at,
    )
    return _told(credential, request, reply, verdict, at)


def _send(credential: Credential, request: Request) -> Reply | NoReply:
    try:
        line = wire.line(credential)
    except CannotUnseal as error:
        sentence = f"{error} Replace the key of the credential."
        return NoReply(silence=Silence.BLOCKED, sentence=sentence, elapsed=timedelta(0))
    try:
        reply = line.send(request, deadline=wire.deadline())
    finally:
        line.close()
    return wire.scrubbed(reply, credential.unseal()) if isinstance(reply, Reply) else reply


def _told(
    credential: Credential, request: Request, reply: Reply | NoReply, verdict: Verdict, at: datetime
) -> Trial:
    tested = Tested(
        is_sandbox=credential.is_sandbox,
        level=credential.level,
        writes=request.method != "GET",
        is_job=verdict.kind is VerdictKind.ACCEPTED,
    )
    trial = Trial(
        at=at,
        request=request,
        verdict=verdict,
        next_step=advice(reply, tested),
        elapsed=reply.elapsed,
    )
    if isinstance(reply, NoReply):
        return trial
    body = _pretty(reply.body)
    return replace(
        trial,
        status=reply.status,
        headers=reply.headers,
        body=body[:REPLY_SHOWN],
        is_cut=reply.is_cut or len(body) > REPLY_SHOWN,
    )


def _pretty(raw: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2).decode()
    except (ValueError, TypeError):  # no JSON, or nested too deeply to be written
        return raw.decode(errors="replace")
