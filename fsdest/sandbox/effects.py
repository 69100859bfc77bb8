"""What is written down of an effect: on which thing, by which request, under which key."""

from typing import Any

from fsdest.sandbox.calls import Call
from fsdest.sandbox.jobs import Job
from fsdest.sandbox.ledger import digest


def by_call(kind: str, call: Call, **thing: Any) -> dict[str, Any]:
    """Describe an effect of a single call; `thing` is its uid, id or url."""
    return {
        "kind": kind,
        **thing,
        "idempotency_key": call.idempotency_key,
        "digest": call.digest,
        "request": call.seq,
    }


def by_job(kind: str, job: Job, item: bytes, **thing: Any) -> dict[str, Any]:
    """Describe what a job did with an item; the digest is that of the item as compact JSON."""
    return {
        "kind": kind,
        **thing,
        "idempotency_key": job.idempotency_key,
        "digest": digest(item),
        "request": job.request,
        "job": job.id,
    }
