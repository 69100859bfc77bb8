"""Records as people wrote them anew. Blocks never change: what was edited lies over them.

Only a record in quarantine is edited, so what a call was built from stays the same while it is
tried again, or while FullStory imports it.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from fsdest.models import Destination, EditedRecord
from fsdest.records import blocks
from fsdest.records.json_rows import fault_of

SHOWN = orjson.OPT_INDENT_2
LEAST, MOST = -(2**63), 2**64 - 1  # whole numbers that orjson writes


class NotARecordError(ValueError):
    """What was typed is no record. Its text tells a person where and why."""


def lines(destination: Destination, offsets: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, JSON line) of ascending `offsets` as they are to be sent."""
    if not offsets:
        return
    some = destination.edited_records.filter(offset__gte=offsets[0], offset__lte=offsets[-1])
    edited = dict(some.order_by("id").values_list("offset", "line"))  # the last edit counts
    for offset, line in destination.nexset.lines_at(offsets):
        yield offset, edited[offset].encode() if offset in edited else line


def last(destination: Destination, offset: int) -> EditedRecord | None:
    """Return the last edit of a record, or None: it is as it came in."""
    edits = destination.edited_records.filter(offset=offset).select_related("edited_by")
    return edits.order_by("-id").first()


def read(text: str) -> dict[str, Any]:
    """Return the record in `text`. Raises NotARecordError."""
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = f"Line {error.lineno}, column {error.colno}"
        raise NotARecordError(f"{place}: from here on this is not JSON ({error.msg}).") from error
    if not isinstance(record, dict):
        raise NotARecordError("A record is a JSON object: it begins with { and ends with }.")
    fault = fault_of(text.encode(), record)
    if fault:
        raise NotARecordError(f"The record {fault}.")
    json.loads(text, parse_int=_whole)  # orjson makes a fraction of what is too large
    return record


def _whole(digits: str) -> int:
    if not LEAST <= int(digits[:25]) <= MOST:
        raise NotARecordError(f"A number is too large to be kept ({digits[:25]}): make it a text.")
    return int(digits)


def edit(
    destination: Destination,
    offset: int,
    record: dict[str, Any],
    *,
    user: AbstractBaseUser | AnonymousUser | None,
    now: datetime,
) -> EditedRecord:
    """Let `record` be sent in place of what came in at `offset`."""
    return EditedRecord.objects.create(
        destination=destination,
        offset=offset,
        line=blocks.encode(record).decode(),
        edited_at=now,
        edited_by_id=user.pk if user else None,
    )


def pretty(line: bytes | str) -> str:
    """Return a JSON line as a person reads and edits it."""
    return orjson.dumps(orjson.loads(line), option=SHOWN).decode()
