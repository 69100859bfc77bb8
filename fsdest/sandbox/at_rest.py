"""JSON that is kept."""

from typing import Any

import orjson


def pack(value: Any) -> bytes:
    """Return `value` as JSON in no more memory than it needs.

    What `orjson.dumps` returns sits in a block of 4 KiB for as long as it lives; a copy does not.
    """
    return b"".join((orjson.dumps(value), b""))
