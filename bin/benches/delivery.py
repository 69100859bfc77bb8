"""How fast the product delivers, beside bare loops that do the same work and write nothing down.

The product is the whole stack: Celery's worker processes, Valkey, the database. Ways take turns,
so that whatever else the machine does falls on all alike; each figure is the median of its rounds.
A rate is that at which calls came to the sink, between the first and the last of them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from benches import bare, ratios
from benches.product import Product, running_product
from benches.ratios import Ratio
from benches.rival import tasks_per_s
from benches.sinks import Sink, running_sink

SHOWN = ratios
PROCESSES = 2  # of workers, as the stack has on two cores
DELAY_MS = 50
IN_FLIGHT = 150  # single calls a process, where each takes long
BULK = 50_000  # records a call, the most that FullStory takes
GROWTH_BATCH = 200  # records a call
FIRST_CALL_MS = 300
WORKER_MB = 300


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each round does."""

    rounds: int
    singles: int  # calls
    bulk: int  # records; fewer than may be outstanding in import jobs
    large: int  # records


FULL = Sizes(rounds=3, singles=24_000, bulk=400_000, large=1_000_000)
QUICK = Sizes(rounds=3, singles=6_000, bulk=200_000, large=200_000)


@dataclass
class Rounds:
    """The values of each way, by its name."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float) -> None:
        self.values[name].append(value)

    def __getitem__(self, name: str) -> tuple[float, ...]:
        return tuple(self.values[name])


def measure(*, is_quick: bool = False) -> list[Ratio]:
    """Measure every row of the table."""
    sizes = QUICK if is_quick else FULL
    rounds = Rounds()
    with running_sink() as sink, running_product(sink) as product:
        _near(product, sink, sizes, rounds)
        _bulk(product, sink, sizes, rounds)
        _growth(product, sizes, rounds)
        small = product.order("nexset", records=1_000)
        for _ in range(7):
            rounds.add("first call", product.first_call_ms(small))
        rounds.add("memory", product.peak_mb("drain"))
    _far(sizes, rounds)
    return list(_rows(rounds))


def _near(product: Product, sink: Sink, sizes: Sizes, rounds: Rounds) -> None:
    """Single calls that are answered at once."""
    count = sizes.singles
    nexset = product.order("nexset", records=count)
    product.deliver(nexset, "single", calls=count)  # each process opens its connections
    for _ in range(sizes.rounds):
        rounds.add("single", product.deliver(nexset, "single", calls=count).per_s)
        rounds.add("raw", bare.per_s(bare.raw, sink, count * 2, processes=PROCESSES))
        session = bare.per_s(bare.session_send, sink, count // 3, processes=PROCESSES)
        rounds.add("session", session)
        rounds.add("post", bare.per_s(bare.requests_post, sink, count // 12, processes=PROCESSES))
        rounds.add("task", tasks_per_s(product.redis_url, sink, count // 24, PROCESSES))


def _bulk(product: Product, sink: Sink, sizes: Sizes, rounds: Rounds) -> None:
    """Bulk calls: what is stored as it is, and records that change."""
    count, calls = sizes.bulk, sizes.bulk // BULK
    nexset = product.order("nexset", records=count)
    product.deliver(nexset, "mapped", BULK, calls=calls)
    for _ in range(sizes.rounds):
        for kind, way in (("verbatim", bare.verbatim), ("mapped", bare.dropped)):
            ours = product.deliver(nexset, kind, BULK, calls=calls)
            rounds.add(kind, ours.per_s * BULK)
            theirs = bare.counted(way, sink, [(0, count, BULK)], calls)
            rounds.add(f"{way.__name__}_bare", theirs.per_s * BULK)


def _growth(product: Product, sizes: Sizes, rounds: Rounds) -> None:
    """Microseconds a record, of few and of many.

    The few are fifty calls. Of ten, three are built before the first is received, which would be
    left out of their time and not out of that of the many.
    """
    nexsets = {
        name: (product.order("nexset", records=records), records // GROWTH_BATCH)
        for name, records in (("few", 10_000), ("many", sizes.large))
    }
    for _ in range(sizes.rounds):
        for name, (nexset, calls) in nexsets.items():
            for _ in range(5 if name == "few" else 1):
                came = product.deliver(nexset, "verbatim", GROWTH_BATCH, calls=calls)
                rounds.add(name, 1e6 / (came.per_s * GROWTH_BATCH))


def _far(sizes: Sizes, rounds: Rounds) -> None:
    """Single calls that take long, with two workers and with one."""
    in_flight = {"FSDEST_CALLS_IN_FLIGHT": str(IN_FLIGHT)}
    with (
        running_sink(delay_ms=DELAY_MS) as sink,
        running_sink(delay_ms=DELAY_MS) as other_sink,
        running_product(sink, FSDEST_WORKERS="2", **in_flight) as two,
        running_product(other_sink, FSDEST_WORKERS="1", **in_flight) as one,
    ):
        of = {"two": (two, sizes.singles), "one": (one, sizes.singles // 2)}
        nexsets = {name: who.order("nexset", records=count) for name, (who, count) in of.items()}
        for turn in range(sizes.rounds + 1):
            for name, (who, count) in of.items():
                came = who.deliver(nexsets[name], "single", calls=count)
                if turn:  # the first opens connections
                    rounds.add(name, came.per_s)


def _rows(rounds: Rounds) -> Iterator[Ratio]:
    single, two = rounds["single"], rounds["two"]
    yield _row(
        "single calls, answered at once", "bytes on raw sockets", single, rounds["raw"], 0.35
    )
    yield _row("the same", "`Session.send`, prepared", single, rounds["session"], 3)
    yield _row("the same", "`requests.post` in a loop", single, rounds["post"])
    yield _row("the same", "a Celery task for each record", single, rounds["task"])
    most = (PROCESSES * IN_FLIGHT / DELAY_MS * 1000,)
    yield _row(
        f"single calls, answered after {DELAY_MS} ms", "calls in flight / delay", two, most, 0.8
    )
    yield _row("the same, two workers", "one worker", two, rounds["one"], 1.8)
    name = f"records, {BULK:,} a call, as stored"
    yield _row(name, "unpack, join, post", rounds["verbatim"], rounds["verbatim_bare"], 0.6)
    name = f"records, {BULK:,} a call, one attribute excluded, mapped"
    beside = "unpack, parse, drop, encode, post"
    yield _row(name, beside, rounds["mapped"], rounds["dropped_bare"], 0.6)
    yield _most("time of a record of many", "of 10,000", rounds["many"], rounds["few"], 1.2, "us")
    yield _most("activate to first call", "", rounds["first call"], (FIRST_CALL_MS,), 1, "ms")
    yield _most("memory of a worker, at most", "", rounds["memory"], (WORKER_MB,), 1, "MB")


def _row(
    name: str, beside: str, product: tuple[float, ...], limit: tuple[float, ...], least: float = 0.0
) -> Ratio:
    return Ratio(
        name=name,
        beside=beside,
        product=product,
        limit=limit,
        wanted=least,
        sense="at least" if least else "",
    )


def _most(
    name: str,
    beside: str,
    product: tuple[float, ...],
    limit: tuple[float, ...],
    most: float,
    unit: str,
) -> Ratio:
    return Ratio(
        name=name,
        beside=beside or "allowed",
        product=product,
        limit=limit,
        unit=unit,
        wanted=most,
        sense="at most",
    )
