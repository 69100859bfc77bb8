"""The records of the bench: invented users of about 280 bytes."""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fsdest.records import blocks
from fsdest.records.schema import Schema

BLOCK = blocks.RECORDS_PER_BLOCK
EXCLUDED = "source"  # the attribute that some of the bench's destinations leave out


def record(number: int) -> dict[str, Any]:
    """Return an invented user."""
    return {
        "uid": f"user-{number:09d}",
        "name": f"Invented Person {number}",
        "email": f"person.{number}@example.com",
        "plan": ("free", "team", "enterprise")[number % 3],
        "seats": number % 500,
        "spent": round(number % 10_000 / 7, 2),
        "city": "Frankfurt am Main",
        "is_active": number % 2 == 0,
        "signed_up": "2024-03-15T14:23:23Z",
        "source": "newsletter",
        "note": "Asked for a call back in spring.",
    }


def packed(records: int) -> Iterator[tuple[int, bytes]]:
    """Yield the first offset and the data of each block of so many records."""
    for first in range(0, records, BLOCK):
        lines = [blocks.encode(record(n)) for n in range(first, first + BLOCK)]
        yield first, blocks.pack(lines)


@cache
def schema() -> Schema:
    """Return what is known of the attributes of these records."""
    known = Schema()
    known.learn(record(0))
    return known


def write_csv(file: Path, rows: int) -> None:
    """Write so many records as a CSV file."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(record(0))
        writer.writerows(list(record(n).values()) for n in range(rows))
