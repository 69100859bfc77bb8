"""How fast a worker reads a large CSV file into blocks, beside csv.reader, orjson and zstd."""

import csv
import multiprocessing
import tempfile
import time
from pathlib import Path

import orjson
import zstandard

from benches import ratios
from benches import records as made
from benches.product import running_product
from benches.ratios import Ratio
from benches.sinks import running_sink

SHOWN = ratios
ROUNDS = 3
ROWS, QUICK_ROWS = 1_000_000, 200_000
RESIDENT_MB = 200


def measure(*, is_quick: bool = False) -> list[Ratio]:
    """Measure rows a second, and the memory of the worker that reads them."""
    rows = QUICK_ROWS if is_quick else ROWS
    product_per_s, bare_per_s = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sink() as sink,
        running_product(sink) as product,
    ):
        file = Path(folder, "users.csv")
        made.write_csv(file, rows)
        for _ in range(ROUNDS):
            product_per_s.append(rows / product.read(file, rows))
            bare_per_s.append(rows / _bare(file))
        peak = product.peak_mb("ingest")
    name = f"rows of a CSV file of {rows:,}"
    return [
        Ratio(
            name=name,
            beside="csv.reader, orjson, zstd",
            product=tuple(product_per_s),
            limit=tuple(bare_per_s),
            wanted=0.4,
        ),
        Ratio(
            name="memory of the worker, at most",
            beside="allowed",
            product=(peak,),
            limit=(RESIDENT_MB,),
            unit="MB",
            wanted=1,
            sense="at most",
        ),
    ]


def _bare(file: Path) -> float:
    """Return the seconds that a bare loop takes, in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_told, args=(file, theirs), daemon=True)
    child.start()
    seconds: float = ours.recv()
    child.join()
    return seconds


def _told(file: Path, pipe: "multiprocessing.connection.Connection") -> None:
    pipe.send(_loop(file))


def _loop(file: Path) -> float:
    began = time.monotonic()
    packed, lines = 0, []
    compress = zstandard.ZstdCompressor(level=3).compress
    with file.open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        names = next(reader)
        for cells in reader:
            lines.append(orjson.dumps(dict(zip(names, cells, strict=True))))
            if len(lines) == made.BLOCK:
                packed += len(compress(b"\n".join(lines)))
                lines.clear()
    packed += len(compress(b"\n".join(lines)))
    return time.monotonic() - began
