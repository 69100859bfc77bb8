"""How near the product comes to a limit that was measured beside it, as a table or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benches.figures import machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What the product did and what it is measured against, a value for each round.

    `sense` tells whether the ratio of the medians has to be at least or at most `wanted`. Without
    one, the row is shown for comparison.
    """

    name: str
    beside: str
    product: tuple[float, ...]
    limit: tuple[float, ...]
    unit: str = "/s"
    wanted: float = 0.0
    sense: Literal["at least", "at most", ""] = "at least"

    @property
    def ratio(self) -> float:
        """Return the median of the product over that of the limit."""
        return median(self.product) / median(self.limit)

    @property
    def is_good(self) -> bool:
        match self.sense:
            case "at least":
                return self.ratio >= self.wanted
            case "at most":
                return self.ratio <= self.wanted
            case _:
                return True


def table(ratios: Sequence[Ratio]) -> str:
    """Return the ratios as a table in Markdown, and the machine beneath."""
    head = "| work | product | measured beside it | | ratio | wanted | |"
    lines = [head, "|---|--:|---|--:|--:|---|---|"]
    for each in ratios:
        wanted = f"{each.sense} {each.wanted:g}" if each.sense else "-"
        verdict = ("yes" if each.is_good else "NO") if each.sense else ""
        ours, limit = (_shown(median(v), each.unit) for v in (each.product, each.limit))
        cells = (each.name, ours, each.beside, limit, f"{each.ratio:.2f}", wanted, verdict)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", machine()])


def as_json(ratios: Sequence[Ratio]) -> str:
    """Return the same for programs, with the values of every round."""
    found = [
        {
            "name": each.name,
            "product": each.product,
            "beside": each.beside,
            "limit": each.limit,
            "unit": each.unit,
            "ratio": round(each.ratio, 3),
            "wanted": f"{each.sense} {each.wanted:g}".strip(),
            "is_good": each.is_good,
        }
        for each in ratios
    ]
    return json.dumps({"machine": machine(), "ratios": found}, indent=2)


def _shown(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".replace(" /s", "/s") if value >= 10 else f"{value:,.2f} {unit}"
