"""The request of a record that was set aside, as it was sent: built again, byte for byte."""

from fsdest.delivery import wire
from fsdest.delivery.calls import Call
from fsdest.exchange import Request
from fsdest.models import QuarantinedRecord
from fsdest.payloads.build import Payload, Rejected, Renderer


def line_of(row: QuarantinedRecord) -> bytes | None:
    """Return the JSON line that the last attempt was built from; None: the nexset has none."""
    edits = row.destination.edited_records.filter(
        offset=row.offset, edited_at__lt=row.quarantined_at
    )
    edited: str | None = edits.order_by("-id").values_list("line", flat=True).first()
    return edited.encode() if edited is not None else row.destination.nexset.line(row.offset)


def request(row: QuarantinedRecord) -> Request | None:
    """Return the request of the last attempt, with its idempotency key; None: there was none.

    What an import job refused was sent with the other records of the job: then it is the request
    that carries this record alone.
    """
    line = line_of(row)
    if not row.attempts or line is None:
        return None
    configuration = row.version.read()
    payload = Renderer(configuration).build(row.offset, line)
    if isinstance(payload, Rejected):
        return None
    credential = row.destination.credential
    return wire.request_for(
        _call(row, payload),
        configuration,
        destination_id=str(row.destination_id),
        base_url=credential.base_url if credential else "",
    )


def _call(row: QuarantinedRecord, payload: Payload) -> Call:
    return Call(payloads=(payload,), version=row.version.number, generation=row.generation)
