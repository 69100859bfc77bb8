"""The response webhook: each reply becomes a record of a nexset, which can feed a destination.

Replies are taken in by the very transaction that settles their calls: none is lost by a crash, and
none is there twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F

from fsdest import hints
from fsdest.delivery.brake import FILLING
from fsdest.delivery.calls import Exchange
from fsdest.models import Block, Destination, Lane, Nexset, Source
from fsdest.records import blocks
from fsdest.records.schema import Schema


def provide(destination: Destination) -> None:
    """Give `destination`, which the caller saves, a nexset for its replies if it has none."""
    if destination.echo is not None:
        return
    name = f"Replies to {destination.name}"[:200]
    source = Source.objects.create(
        organization_id=destination.organization_id,
        name=name,
        kind=Source.Kind.REPLIES,
        status=Source.Status.READY,
        share_read=1,
    )
    destination.echo = Nexset.objects.create(
        organization_id=destination.organization_id, source=source, name=name, is_ready=True
    )


def take_in(destination: Destination, exchanges: Sequence[Exchange], *, now: datetime) -> None:
    """Append a record for each exchange whose version wants that. Part of a transaction."""
    records = [_record(each) for each in exchanges if each.wants_echo]
    if not records or destination.echo_id is None:
        return
    # The update locks the row: lanes that end a checkpoint at once append one after the other.
    mine = Nexset.objects.filter(pk=destination.echo_id)
    if not mine.update(record_count=F("record_count") + len(records)):
        return  # a person deleted it
    nexset = mine.get()
    schema = Schema.from_json(nexset.attributes)
    for record in records:
        schema.learn(record)
    mine.update(attributes=schema.to_json())
    first = nexset.record_count - len(records)
    for lines in blocks.cut(blocks.encode(record) for record in records):
        Block.objects.create(
            nexset=nexset, first_offset=first, count=len(lines), data=blocks.pack(lines)
        )
        first += len(lines)
    Source.objects.filter(pk=nexset.source_id).update(rows_read=nexset.record_count)
    _wake(nexset, now)


def _wake(nexset: Nexset, now: datetime) -> None:
    """Make the lanes due that had nothing left to send, or waited for a batch that is now full."""
    lanes = Lane.objects.filter(destination__in=nexset.destinations.all())
    for lane in lanes.select_related("destination__version"):
        if lane.due_at is None or _is_full(lane, nexset):
            Lane.objects.filter(pk=lane.pk, due_at=lane.due_at).update(due_at=now)
            hints.nudge_lane(lane.pk)


def _is_full(lane: Lane, nexset: Nexset) -> bool:
    version = lane.destination.version
    batch = version.read().batch if version and lane.waits_for == FILLING else None
    return batch is not None and nexset.record_count - lane.cursor >= batch.records


def _record(exchange: Exchange) -> dict[str, Any]:
    verdict = exchange.verdict
    record: dict[str, Any] = {
        "sent_at": exchange.at.isoformat(),
        "request": {"method": exchange.method, "url": exchange.url},
        "records": len(exchange.offsets),
        "first_offset": exchange.offsets[0],
        "last_offset": exchange.offsets[-1],
        "status": exchange.status,
        "verdict": verdict.kind.value,
        "elapsed_ms": round(exchange.elapsed.total_seconds() * 1000),
        "body": _body(exchange.reply),
    }
    if verdict.job_id:
        record["job_id"] = verdict.job_id
    return record


def _body(reply: bytes) -> Any:
    """Return the body as JSON where it is that and can be written again, else as text."""
    try:
        body = orjson.loads(reply)
        blocks.encode({"body": body})
    except (ValueError, TypeError, RecursionError):
        return reply.decode(errors="replace").replace("\x00", "")
    return body
