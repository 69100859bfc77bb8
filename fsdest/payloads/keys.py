"""Idempotency keys, derived rather than stored: equal bytes of equal records, equal key."""

import hashlib
import uuid
from collections.abc import Sequence

from fsdest.records import ranges

_SPACE = uuid.UUID("7b1d8a52-9f0c-4f0e-8a57-3c1f6a1f4b6d")  # ours; changing it changes every key


def idempotency_key(
    destination: str, version: int, offsets: Sequence[int], generation: int, body: bytes
) -> str:
    """Return the key of the call that carries the records at ascending `offsets` in `body`.

    A crash between two checkpoints repeats the same bytes under the same key, and FullStory
    answers from its memory. `generation` makes a fresh key where a remembered answer is the
    problem.

    Source: https://developer.fullstory.com/server/idempotent-requests (any unique text, kept 24 h).
    """
    spans = ",".join(f"{first}-{last}" for first, last in ranges.pack(offsets))
    digest = hashlib.sha256(body).hexdigest()
    return str(uuid.uuid5(_SPACE, f"{destination}\n{version}\n{spans}\n{generation}\n{digest}"))
