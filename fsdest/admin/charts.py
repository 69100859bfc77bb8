"""Small charts as values: a template draws them as SVG, with attributes and classes alone."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 120  # user units; the page scales the drawing
GAP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: the whole of it, and the part of it that is bad, from below."""

    x: float
    width: float
    y: float
    height: float
    bad_y: float
    bad_height: float
    label: str  # for a person: "14:00: 1,200 calls, 3 failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    title: str
    bars: list[Bar]
    first: str  # what the first and the last bar stand for
    last: str
    highest: int
    total: int
    bad: int

    @property
    def view_box(self) -> str:
        """The drawing's extent."""
        return f"0 0 {WIDTH} {HEIGHT}"


def chart(
    title: str, names: Sequence[str], values: Sequence[int], bad: Sequence[int], word: str
) -> Chart:
    """Draw `values`, one bar each, the `bad` ones among them apart. Not all may be empty."""
    highest = max(*values, 1)
    step = WIDTH / len(values)
    bars = [
        _bar(
            x=n * step,
            width=step - GAP,
            value=value,
            wrong=wrong,
            highest=highest,
            label=f"{name}: {value:,} {word}" + (f", {wrong:,} failed" if wrong else ""),
        )
        for n, (name, value, wrong) in enumerate(zip(names, values, bad, strict=True))
    ]
    return Chart(
        title=title,
        bars=bars,
        first=names[0],
        last=names[-1],
        highest=max(values),
        total=sum(values),
        bad=sum(bad),
    )


def _bar(*, x: float, width: float, value: int, wrong: int, highest: int, label: str) -> Bar:
    height = _height(value, highest)
    bad_height = min(height, _height(wrong, highest))
    return Bar(
        x=round(x, 2),
        width=round(width, 2),
        y=round(HEIGHT - height, 2),
        height=round(height, 2),
        bad_y=round(HEIGHT - bad_height, 2),
        bad_height=round(bad_height, 2),
        label=label,
    )


def _height(value: int, highest: int) -> float:
    """Return the height of a bar; what is there at all can be seen."""
    return max(2.0, HEIGHT * value / highest) if value else 0.0
