"""Records for the sample panel, found by the value of an attribute within a short time."""

import json
from dataclasses import dataclass
from time import monotonic

from fsdest.models import Nexset
from fsdest.payloads import macros
from fsdest.records import blocks
from fsdest.records.schema import MISSING, value_at

MOST_FOUND = 10  # records
LOOK_FOR_S = 2.0  # seconds; a nexset of millions is not read to its end for a sample
CLOCK_EVERY = 1000  # records between two looks at the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`offsets` of the records found, ascending, and how many records were looked at."""

    offsets: tuple[int, ...]
    looked_at: int


def find(nexset: Nexset, *, path: str, value: str, within_s: float = LOOK_FOR_S) -> Found:
    """Return the first records whose attribute at `path` has `value` in its text, in any case."""
    wanted, found = value.casefold(), []
    ends_at, looked_at = monotonic() + within_s, 0
    plain = json.dumps(value)[1:-1] == value  # then it stands in the line as it was typed
    for offset, line in nexset.lines(0, nexset.record_count):
        looked_at = offset + 1
        if not plain or wanted in line.decode().casefold():
            at = value_at(blocks.decode(line), path)
            if at is not MISSING and wanted in macros.as_text(at).casefold():
                found.append(offset)
        if len(found) == MOST_FOUND or (looked_at % CLOCK_EVERY == 0 and monotonic() > ends_at):
            break
    return Found(offsets=tuple(found), looked_at=looked_at)
