"""All that is known of a run once it is over: FullStory's ledger, our books, what the watch saw."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

TOOK = {"delivered", "accepted"}  # kinds of verdicts


@dataclass(frozen=True)
class Record:
    """One record of a run, as the product would send it under each version."""

    offset: int
    key: str
    lane: int | None
    digests: dict[str, str]  # by version number


@dataclass(frozen=True)
class Bounds:
    """What a scenario may cost at most."""

    calls_each: float = 2.0  # calls that write, for each record, in the whole run
    more_calls: int = 2_000  # and so many besides, for those that a fault lost
    rss_kib: int = 450_000
    wal_bytes: int = 256 * 1024 * 1024
    recovery_s: float = 60.0  # from the end of the fault to the next effect


@dataclass
class Evidence:
    """Of one run; times are seconds since the epoch, on the one clock of this machine."""

    destination: str
    account: dict[str, Any]
    standing: dict[str, Any]
    records: list[Record]
    calls: list[dict[str, Any]]  # as the books keep them
    requests: list[dict[str, Any]]  # all that reached FullStory, oldest first
    effects: list[dict[str, Any]]  # all that it did, in order
    looks: list[dict[str, Any]]  # of the watch
    good_keys: set[str]  # whose records FullStory can take
    holds: list[float] = field(default_factory=list)  # seconds it asked for with a 429
    mended_at: list[float] = field(default_factory=list)  # when the faults ended
    bounds: Bounds = field(default_factory=Bounds)
    secrets_found: list[str] = field(default_factory=list)
    is_alone: bool = True  # no other run sent meanwhile

    @property
    def is_bulk(self) -> bool:
        return bool(self.standing["is_bulk"])

    @cached_property
    def by_digest(self) -> dict[str, Record]:
        """Whose bytes a digest is of."""
        return {digest: each for each in self.records for digest in each.digests.values()}

    @cached_property
    def own_effects(self) -> list[tuple[Record, dict[str, Any]]]:
        """The effects of this run's records, in order."""
        found = ((self.by_digest.get(effect["digest"]), effect) for effect in self.effects)
        return [(record, effect) for record, effect in found if record is not None]

    @cached_property
    def effects_of(self) -> dict[int, list[dict[str, Any]]]:
        """The effects of each offset."""
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for record, effect in self.own_effects:
            found[record.offset].append(effect)
        return found

    @cached_property
    def writes(self) -> list[dict[str, Any]]:
        """The requests that may have carried records of this run."""
        posts = [each for each in self.requests if each["method"] == "POST"]
        if self.is_alone or self.is_bulk:
            return posts
        return [each for each in posts if each["digest"] in self.by_digest]

    @property
    def bad_offsets(self) -> set[int]:
        return {each.offset for each in self.records if each.key not in self.good_keys}

    @property
    def aside(self) -> set[int]:
        """Offsets in quarantine."""
        rows = self.standing["quarantined"].items()
        return {int(offset) for offset, status in rows if status == "open"}

    def delivered_by_books(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each offset that a call or an ended import job delivered, as the books have it."""
        for call in self.calls:
            if call["kind"] not in TOOK:
                continue
            if call["kind"] == "accepted":
                job = self.standing["jobs"].get(call["job_id"])
                if job is None or job["status"] == "processing":
                    continue
            for first, last in call["offsets"]:
                for offset in range(first, last + 1):
                    if call["kind"] == "delivered" or offset not in self.aside:
                        yield offset, call

    def lanes_over_time(self) -> dict[int, list[dict[str, Any]]]:
        """Return what the watch saw of each of this run's lanes, oldest first."""
        seen: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for look in self.looks:
            for pk, destination, epoch, cursor, taken, delivered, skipped, end in look["lanes"]:
                if destination == self.destination:
                    numbers = {"epoch": epoch, "cursor": cursor, "taken": taken}
                    numbers |= {"delivered": delivered, "skipped": skipped, "slice_end": end}
                    seen[pk].append({"at": look["at"], **numbers})
        return seen

    def rests(self) -> Iterator[tuple[float, float]]:
        """Yield spans in which the destination was paused, as the watch saw it."""
        for sooner, later in zip(self.looks, self.looks[1:], strict=False):
            before = sooner["destinations"].get(self.destination)
            after = later["destinations"].get(self.destination)
            if before and before[0] == "paused" and before == after:
                yield sooner["at"], later["from"]


def gather(run: Any, *, bounds: Bounds) -> Evidence:
    """Ask everybody about `run`, which rests."""
    office, destination = run.office, run.destination
    rows = office.ask("records", destination=destination)
    return Evidence(
        destination=destination,
        account=run.account,
        standing=office.ask("standing", destination=destination),
        records=[Record(*row) for row in rows],
        calls=office.ask("calls", destination=destination),
        requests=run.requests(),
        effects=run.effects(),
        looks=[look for look in office.looks() if look["at"] >= run.began_at],
        good_keys=run.good_uids,
        holds=office.holds,
        mended_at=office.mended_at,
        bounds=bounds,
        secrets_found=office.find_the_secret(),
        is_alone=office.runs == 1,
    )


def read_looks(text: str) -> list[dict[str, Any]]:
    """Return the looks of a watch's file; its last line may be half written."""
    lines = text.split("\n")[:-1]
    return [json.loads(line) for line in lines]
