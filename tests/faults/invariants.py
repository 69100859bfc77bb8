"""The invariants I1 to I13: one check of what has to hold after every fault.

Each is a function from the evidence to sentences about what broke; none means that it held.
`check` asks all of them and fails with the names of those that broke.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise

from tests.faults.evidence import Evidence

UNDER_WAY_S = 1.5  # a call that had left when something was said; a busy machine is slow
A_FEW = 5  # examples named in a sentence


def some(things: object) -> str:
    """Return a few of `things` and how many there are."""
    listed = sorted(things, key=str)  # type: ignore[call-overload]
    return f"{len(listed)}: {', '.join(map(str, listed[:A_FEW]))}"


def no_loss(seen: Evidence) -> Iterator[str]:
    """Every accepted record is delivered, quarantined or skipped, and no lease is left."""
    account = seen.account
    settled = account["delivered"] + account["quarantined"] + account["skipped"]
    if settled != account["accepted"] or account["accepted"] != len(seen.records):
        yield f"{len(seen.records)} records, account {account}"
    missing = {r.offset for r in seen.records if r.key in seen.good_keys} - set(seen.effects_of)
    if missing:
        yield f"no effect of records {some(missing)}"
    owned = [lane["id"] for lane in seen.standing["lanes"] if lane["owner"]]
    if owned:
        yield f"still owned are lanes {owned}"


def effectively_once(seen: Evidence) -> Iterator[str]:
    """One effect for each record; one key never carried two bodies, and no write went without."""
    twice = {offset for offset, effects in seen.effects_of.items() if len(effects) != 1}
    if twice:
        yield f"more than one effect of records {some(twice)}"
    bodies: dict[str, set[str]] = defaultdict(set)
    for request in seen.writes:
        if not request["idempotency_key"]:
            yield f"request {request['seq']} had no key"
        bodies[request["idempotency_key"]].add(request["digest"])
    several = [key for key, digests in bodies.items() if len(digests) > 1]
    if several:
        yield f"several bodies under keys {some(several)}"
    if not bodies:
        yield "nothing was sent at all"


def no_lie(seen: Evidence) -> Iterator[str]:
    """What was ever shown as delivered had been done by FullStory by then."""
    lies = {offset for offset, _ in seen.delivered_by_books() if offset not in seen.effects_of}
    if lies:
        yield f"delivered by the books, unknown to FullStory: {some(lies)}"
    odd = [call for call in seen.calls if call["kind"] == "delivered" and not _is_2xx(call)]
    if odd:
        yield f"shown as delivered without a 2xx: {some(odd)}"
    done = sorted(effect["time"] for _, effect in seen.own_effects)
    shown: dict[float, int] = Counter()
    for looks in seen.lanes_over_time().values():
        for look in looks:
            shown[look["at"]] += look["delivered"]
    for at, delivered in shown.items():
        if delivered > bisect_right(done, at):
            yield f"{delivered} shown as delivered when FullStory had done {bisect_right(done, at)}"
            return


def _is_2xx(call: dict[str, int]) -> bool:
    return call["status"] is not None and 200 <= call["status"] < 300


def fence(seen: Evidence) -> Iterator[str]:
    """Nobody writes who lost the lease: numbers only grow, a record is settled by one call."""
    for lane, looks in seen.lanes_over_time().items():
        for sooner, later in pairwise(looks):
            for name in ("epoch", "cursor", "taken", "delivered", "skipped"):
                if later[name] < sooner[name]:
                    yield f"{name} of lane {lane} fell from {sooner[name]} to {later[name]}"
    times = Counter(offset for offset, _ in seen.delivered_by_books())
    twice = {offset for offset, n in times.items() if n > 1}
    if twice:
        yield f"delivered by two calls in the books: {some(twice)}"


def checkpoint(seen: Evidence) -> Iterator[str]:
    """What lies below a cursor was settled when it was written; nothing is ahead of the slice."""
    for lane in seen.standing["lanes"]:
        if lane["ahead"] and lane["ahead"][-1][1] >= lane["slice_end"]:
            yield f"lane {lane['id']} settled {lane['ahead']} beyond its slice {lane['slice_end']}"
    if seen.is_bulk:
        return  # an import job settles them, and later
    waits = _may_have_parked(seen)
    for lane, looks in seen.lanes_over_time().items():
        own = [r.offset for r in seen.records if r.lane == lane and r.offset not in waits]
        times = [min((e["time"] for e in seen.effects_of.get(o, [])), default=0.0) for o in own]
        last_effect = list(accumulate(times, max))
        for look in looks:
            below = bisect_left(own, look["cursor"])
            if below and last_effect[below - 1] > look["at"]:
                yield f"lane {lane} passed a record below {look['cursor']} before it was done"
                break


def _may_have_parked(seen: Evidence) -> set[int]:
    """Return the records of which a call failed, and those behind them in their queue."""
    failed = {
        offset
        for call in seen.calls
        if call["kind"] not in {"delivered", "hold"}
        for first, last in call["offsets"]
        for offset in range(first, last + 1)
    }
    first_of: dict[str, int] = {}
    for record in seen.records:
        if record.key and record.offset in failed:
            first_of.setdefault(record.key, record.offset)
    behind = {r.offset for r in seen.records if r.offset > first_of.get(r.key, r.offset)}
    return failed | behind


def order(seen: Evidence) -> Iterator[str]:
    """The effects of a key are in the order of its records. Import jobs run side by side."""
    if seen.is_bulk:
        return
    last: dict[str, int] = {}
    wrong = set()
    for record, _ in seen.own_effects:
        if record.key and record.offset < last.get(record.key, -1):
            wrong.add(record.key)
        last[record.key] = max(record.offset, last.get(record.key, -1))
    if wrong:
        yield f"out of order are the records of {some(wrong)}"


def isolation(seen: Evidence) -> Iterator[str]:
    """Only the faulty records are set aside."""
    if innocent := seen.aside - seen.bad_offsets:
        yield f"wrongly set aside: {some(innocent)}"
    if guilty := seen.bad_offsets - seen.aside:
        yield f"wrongly not set aside: {some(guilty)}"


def limits(seen: Evidence) -> Iterator[str]:
    """No second has more calls than rate and burst; none starts while FullStory asks to wait."""
    times = sorted(each["time"] for each in seen.writes)
    if rate := seen.standing["per_second"]:
        most = (rate + max(1, round(rate))) * 1.1 + 2  # the road may bring calls closer together
        for n, at in enumerate(times):
            if bisect_right(times, at + 1) - n > most:
                yield f"{bisect_right(times, at + 1) - n} calls in a second, at {rate:g} allowed"
                break
    shortest = min(seen.holds, default=0.0)
    for refused in (each for each in seen.writes if each["status"] == 429):
        begin, end = refused["time"] + UNDER_WAY_S, refused["time"] + shortest
        early = bisect_left(times, end) - bisect_right(times, begin)
        if begin < end and early > 0:
            yield f"{early} calls within the {shortest:g} s that FullStory asked to wait"
            break


def control(seen: Evidence) -> Iterator[str]:
    """No call comes while the destination says Paused; no bytes are of no saved version."""
    times = sorted(each["time"] for each in seen.writes)
    for begin, end in seen.rests():
        came = bisect_left(times, end) - bisect_right(times, begin + UNDER_WAY_S)
        if came > 0:
            yield f"{came} calls between {begin:.3f} and {end:.3f}, when it was paused"
            break
    unknown = [effect["seq"] for effect in seen.effects if effect["digest"] not in seen.by_digest]
    if seen.is_alone and unknown:
        yield f"effects of bytes that no version makes: {some(unknown)}"


def secrecy(seen: Evidence) -> Iterator[str]:
    """The key of the credential is nowhere but sealed."""
    if seen.secrets_found:
        yield f"the key can be read in {some(seen.secrets_found)}"


def bounded(seen: Evidence) -> Iterator[str]:
    """Memory, log and calls stay within their bounds."""
    bounds = seen.bounds
    most = len(seen.records) * bounds.calls_each + bounds.more_calls
    if len(seen.writes) > most:
        yield f"{len(seen.writes)} calls for {len(seen.records)} records"
    for name, bound in (("rss_kib", bounds.rss_kib), ("wal_bytes", bounds.wal_bytes)):
        largest = max((look.get(name, 0) for look in seen.looks), default=0)
        if largest > bound:
            yield f"{name} reached {largest}"


def recovery(seen: Evidence) -> Iterator[str]:
    """After a fault has ended, it goes on within a minute, without a person."""
    times = sorted(each["time"] for each in seen.effects)
    for mended in seen.mended_at:
        following = bisect_right(times, mended)
        if following < len(times) and times[following] - mended > seen.bounds.recovery_s:
            yield f"the next effect came {times[following] - mended:.0f} s after the fault"


def honesty(seen: Evidence) -> Iterator[str]:
    """What the pages count equals a recount from the tables, and the effects."""
    yield from seen.standing["disagreements"]
    shown, done = seen.account["delivered"], len(seen.effects_of)
    if shown != done:
        yield f"{shown} shown as delivered, FullStory did {done}"


INVARIANTS: dict[str, tuple[str, Callable[[Evidence], Iterator[str]]]] = {
    "I1": ("no loss", no_loss),
    "I2": ("effectively once", effectively_once),
    "I3": ("no lie", no_lie),
    "I4": ("fence", fence),
    "I5": ("checkpoint", checkpoint),
    "I6": ("order", order),
    "I7": ("isolation", isolation),
    "I8": ("limits", limits),
    "I9": ("control", control),
    "I10": ("secrecy", secrecy),
    "I11": ("bounded", bounded),
    "I12": ("recovery", recovery),
    "I13": ("honest pages", honesty),
}


def broken(seen: Evidence) -> dict[str, list[str]]:
    """Return the invariants that do not hold, by name, each with what is wrong."""
    found = {name: list(holds(seen)) for name, (_, holds) in INVARIANTS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def tell(wrong: dict[str, list[str]]) -> str:
    """Return the broken invariants as text."""
    return "\n".join(
        f"{name} ({INVARIANTS[name][0]}) is broken: {sentence}"
        for name, sentences in wrong.items()
        for sentence in sentences
    )
