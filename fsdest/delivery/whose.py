"""Which records are a user's: found by reading the nexset, in bounded time."""

from dataclasses import dataclass
from time import monotonic

from fsdest.models import Destination
from fsdest.payloads.build import Renderer
from fsdest.payloads.configuration import Configuration
from fsdest.records import blocks

LOOK_FOR_S = 1.0  # seconds
CLOCK_EVERY = 1000  # records between two looks at the clock
MOST_FOUND = 200  # records


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """`offsets` of the records found, ascending; `next` is the offset to go on from, None: all."""

    offsets: list[int]
    next: int | None


def find(
    destination: Destination, order_key: str, *, first: int = 0, within_s: float = LOOK_FOR_S
) -> Whose:
    """Return the records from `first` on whose order key (uid) is exactly `order_key`.

    The key is read as the configuration of today reads it. A destination without one has none.
    """
    nexset, version = destination.nexset, destination.version
    if version is None:
        return Whose(offsets=[], next=None)
    configuration = version.read()
    key_of, needle = Renderer(configuration).order_key, _needle(configuration, order_key)
    offsets: list[int] = []
    ends_at = monotonic() + within_s
    for offset, line in nexset.lines(first, nexset.record_count):
        if len(offsets) == MOST_FOUND:
            return Whose(offsets=offsets, next=offset)
        if needle in line and key_of(blocks.decode(line)) == order_key:
            offsets.append(offset)
        if offset % CLOCK_EVERY == CLOCK_EVERY - 1 and monotonic() > ends_at:
            rest = offset + 1 if offset + 1 < nexset.record_count else None
            return Whose(offsets=offsets, next=rest)
    return Whose(offsets=offsets, next=None)


def _needle(configuration: Configuration, order_key: str) -> bytes:
    """Return what each line with the key surely holds; b"" where that cannot be told.

    The key of a record is an attribute's value as it stands in the line, unless the key was put
    together from a text, or JSON may write it in more than one way.
    """
    filled = {**dict(configuration.mapping), **dict(configuration.parameters)}
    value = filled.get(configuration.endpoint.order_by)
    is_attribute = value is not None and value.source == "attribute"
    is_plain = order_key.isascii() and order_key.isprintable() and not set(order_key) & set('"\\/')
    return order_key.encode() if is_attribute and is_plain else b""
