"""What a benchmark found, as a table for people or as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that was measured several times, and how small its median must be."""

    name: str
    unit: str
    values: tuple[float, ...]
    below: float

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def p95(self) -> float:
        return quantiles(self.values, n=20)[-1]

    @property
    def is_good(self) -> bool:
        return self.median < self.below


def table(figures: Sequence[Figure]) -> str:
    """Return the figures, one a line, and the machine beneath."""
    width = max(len(each.name) for each in figures)
    head = f"{'':{width}}  {'median':>10} {'95 %':>10} {'worst':>10} {'wanted':>10}  of wanted"
    lines = [head, "-" * len(head)]
    for each in figures:
        numbers = (each.median, each.p95, max(each.values), each.below)
        shown = " ".join(f"{number:>7,.0f} {each.unit}" for number in numbers)
        mark = "" if each.is_good else "  too slow"
        lines.append(f"{each.name:{width}}  {shown}  {each.median / each.below:9.0%}{mark}")
    return "\n".join([*lines, "", machine()])


def as_json(figures: Sequence[Figure]) -> str:
    """Return the same for programs."""
    found = [
        {
            "name": each.name,
            "unit": each.unit,
            "median": round(each.median, 3),
            "p95": round(each.p95, 3),
            "worst": round(max(each.values), 3),
            "wanted_below": each.below,
            "times": len(each.values),
        }
        for each in figures
    ]
    return json.dumps({"machine": machine(), "figures": found}, indent=2)


def machine() -> str:
    """Return one line about where this ran, and what else ran there."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    parts = [
        f"{os.cpu_count()} cores {_processor()}".strip(),
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite",
        f"load average {load}",
    ]
    return "; ".join(parts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
