"""What sending a nexset would come to: its calls made by the renderer, counted, thrown away."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from fsdest.delivery.gear import slice_size
from fsdest.fullstory import limits
from fsdest.models import Nexset
from fsdest.payloads import group, render
from fsdest.payloads.build import Payload, Rejected, Renderer
from fsdest.payloads.configuration import Configuration
from fsdest.records.distinct import Distinct

EXAMPLES = 5
LONGEST_EXAMPLE = 120  # characters
WATCH_EVERY = 500  # records

Watch = Callable[[float], None]  # is told the share of the records that were looked at


@dataclass(slots=True, kw_only=True)
class Finding:
    """Records that something is to be said about: how many, and the first few of them."""

    reason: str
    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)  # offset, in its own words

    def add(self, offset: int, words: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append((offset, words[:LONGEST_EXAMPLE]))

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        examples = [(offset, words) for offset, words in raw["examples"]]
        return cls(**{**raw, "examples": examples})


@dataclass(slots=True, kw_only=True)
class Forecast:
    """Counts of a whole nexset. `bytes` and `largest` are those of bodies alone."""

    records: int = 0  # that can be sent
    calls: int = 0
    bytes: int = 0
    largest: int = 0  # bytes of the largest body
    most_bytes: int = 0  # a body with more is oversize
    rejections: dict[str, Finding] = field(default_factory=dict)  # by code and field
    oversize: Finding = field(default_factory=lambda: Finding(reason=""))
    duplicates: Finding = field(default_factory=lambda: Finding(reason=""))
    is_partial: bool = False  # more order keys than duplicates were counted among

    @property
    def rejected(self) -> int:
        return sum(each.count for each in self.rejections.values())

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON values, for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Return the forecast that `to_json` described."""
        found = {name: Finding.from_json(each) for name, each in raw["rejections"].items()}
        nested = {
            "rejections": found,
            "oversize": Finding.from_json(raw["oversize"]),
            "duplicates": Finding.from_json(raw["duplicates"]),
        }
        return cls(**{**raw, **nested})


def forecast(configuration: Configuration, nexset: Nexset, *, watch: Watch) -> Forecast:
    """Make every call of `nexset` and count it; nothing is kept but counts and examples.

    The calls are those of a delivery that nothing interrupts: the same lanes, the same slices.
    """
    return _Counting(configuration, nexset, watch).run()


class _Counting:
    def __init__(self, configuration: Configuration, nexset: Nexset, watch: Watch) -> None:
        self._configuration = configuration
        self._nexset = nexset
        self._watch = watch
        self._renderer = Renderer(configuration)
        self._keys = Distinct()
        batch = configuration.batch
        self._slice = slice_size(batch)
        self._found = Forecast(most_bytes=batch.max_bytes if batch else limits.BATCH_BYTES)

    def run(self) -> Forecast:
        for first in range(0, self._nexset.record_count, self._slice):
            end = min(first + self._slice, self._nexset.record_count)
            # Batches have one lane. Of single records, lanes make the same calls in another order.
            payloads = self._payloads(self._lines(first, end))
            for together in group.calls(self._configuration, payloads):
                self._count(together)
        self._found.is_partial = self._keys.is_full
        return self._found

    def _lines(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        total = self._nexset.record_count
        for offset, line in self._nexset.lines(first, end):
            if offset % WATCH_EVERY == 0:
                self._watch(offset / total)
            yield offset, line

    def _payloads(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[Payload]:
        build, is_known = self._renderer.build, self._keys.is_known
        for offset, line in lines:
            match build(offset, line):
                case Rejected() as rejected:
                    self._reject(rejected)
                case payload:
                    if payload.order_key and is_known(payload.order_key):
                        self._found.duplicates.add(offset, payload.order_key)
                    yield payload

    def _reject(self, rejected: Rejected) -> None:
        name = f"{rejected.code} {rejected.field}"
        found = self._found.rejections.get(name)
        if found is None:
            found = self._found.rejections[name] = Finding(reason=rejected.reason)
        found.add(rejected.offset, rejected.reason)

    def _count(self, together: tuple[Payload, ...]) -> None:
        found, configuration = self._found, self._configuration
        has_body = configuration.endpoint.has_body
        size = len(render.body(configuration, together)) if has_body else 0
        found.calls += 1
        found.records += len(together)
        found.bytes += size
        found.largest = max(found.largest, size)
        if size > found.most_bytes:
            found.oversize.add(together[0].offset, f"{size:,} bytes")
