"""Idempotency keys, derived rather than stored: equal bytes of equal records, equal key."""

import hashlib
import uuid
from collections.abc import Sequence

from fsdest.records import ranges

_SPACE = uuid.UUID("7b1d8a52-9f0c-4f0e-8a57-3c1f6a1f4b6d")  # ours; changing it changes every key
_SPACE_BYTES = _SPACE.bytes


def idempotency_key(
    destination: str, version: int, offsets: Sequence[int], generation: int, body: bytes
) -> str:
    """Return the key of the call that carries the records at ascending `offsets` in `body`.

    A crash between two checkpoints repeats the same bytes under the same key, and FullStory
    answers from its memory. `generation` makes a fresh key where a remembered answer is the
    problem.

    Source: https://developer.fullstory.com/server/idempotent-requests (any unique text, kept 24 h).
    """
    spans = _spans(offsets)
    digest = hashlib.sha256(body).hexdigest()
    return _uuid5(f"{destination}\n{version}\n{spans}\n{generation}\n{digest}")


def _spans(offsets: Sequence[int]) -> str:
    first, last = offsets[0], offsets[-1]
    if last - first + 1 == len(offsets):  # most calls carry one record, or neighbours
        return f"{first}-{last}"
    return ",".join(f"{begin}-{end}" for begin, end in ranges.pack(offsets))


def _uuid5(name: str) -> str:
    """Return the text of `uuid.uuid5` in a third of its time: there is one for each call."""
    raw = bytearray(hashlib.sha1(_SPACE_BYTES + name.encode(), usedforsecurity=False).digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x50
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
