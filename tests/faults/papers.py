"""What the clerk brings when the books are examined: each record, each call, each lane.

Imported after Django has been set up.
"""

import hashlib
from typing import Any

from fsdest.delivery import pages
from fsdest.delivery.lanes import own_lines, stretches
from fsdest.delivery.recount import recount
from fsdest.models import Destination
from fsdest.payloads import render
from fsdest.payloads.build import Payload, Renderer
from fsdest.payloads.configuration import Configuration


def records(destination: str) -> list[list[Any]]:
    """Return [offset, order key, lane, {version: digest of what it sends}] for each record.

    The digest is the one that the sandbox writes down: of a single call's body, or of an item.
    """
    found = Destination.objects.get(pk=destination)
    lanes = _lanes(found)
    versions = {each.number: each.read() for each in found.versions.all()}
    renderers = {number: Renderer(each) for number, each in versions.items()}
    rows = []
    for offset, line in found.nexset.lines(0, found.nexset.record_count):
        built = {number: each.build(offset, line) for number, each in renderers.items()}
        digests = {
            number: _digest(versions[number], payload)
            for number, payload in built.items()
            if isinstance(payload, Payload)
        }
        key = next((p.order_key for p in built.values() if isinstance(p, Payload)), "")
        rows.append([offset, key, lanes.get(offset), digests])
    return rows


def _digest(configuration: Configuration, payload: Payload) -> str:
    alone = payload.item if configuration.batch else render.body(configuration, [payload])
    return hashlib.sha256(alone).hexdigest()


def _lanes(destination: Destination) -> dict[int, int]:
    """Return the primary key of the lane of each offset."""
    last = destination.nexset.record_count
    return {
        offset: lane.pk
        for lane in destination.lanes.all()
        for stretch in stretches(destination)
        for offset, _ in own_lines(
            lane, stretch.first, last if stretch.end is None else stretch.end
        )
    }


def calls(destination: str) -> list[dict[str, Any]]:
    """Return the calls that the books keep, the oldest page first."""
    found = Destination.objects.get(pk=destination)
    return [
        {
            "at": call.at.timestamp(),
            "ended_at": (call.at + call.elapsed).timestamp(),
            "offsets": call.offsets,
            "version": call.version,
            "status": call.status,
            "kind": call.kind.value,
            "job_id": call.job_id,
        }
        for page in found.pages.order_by("id")
        for call in pages.read(page)
    ]


def standing(destination: str) -> dict[str, Any]:
    """Return the rest: lanes, jobs, what waits, what was set aside, and the recount."""
    found = Destination.objects.get(pk=destination)
    return {
        "disagreements": recount(found).disagreements,
        "lanes": list(found.lanes.values("id", "cursor", "ahead", "slice_end", "owner", "epoch")),
        "jobs": {
            job.job_id: {"status": job.status, "offsets": job.offsets} for job in found.jobs.all()
        },
        "parked": list(found.parked.values_list("offset", flat=True)),
        "quarantined": {q.offset: q.status for q in found.quarantined.all()},
        "is_bulk": bool(found.version and found.version.read().batch),
        "per_second": found.credential.per_second if found.credential else None,
    }
