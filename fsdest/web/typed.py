"""What was typed in a form, before anybody judges it."""

from collections.abc import Iterable, Mapping

Values = dict[str, list[str]]


class Typed:
    """Form values by name; the later of two layers wins, name by name."""

    def __init__(self, *layers: Mapping[str, list[str]]) -> None:
        self._values: Values = {}
        for layer in layers:
            self._values |= layer

    def get(self, name: str, default: str = "") -> str:
        """Return the value of `name`, without blanks around it."""
        values = self._values.get(name)
        return values[-1].strip() if values else default

    def exact(self, name: str) -> str:
        """Return the value of `name` as it was typed."""
        values = self._values.get(name)
        return values[-1] if values else ""

    def all(self, name: str) -> list[str]:
        """Return the values of `name` that are not blank, each once, in their order."""
        return list(dict.fromkeys(value for value in self._values.get(name, []) if value.strip()))

    def below(self, start: str) -> Iterable[tuple[str, str]]:
        """Yield (rest of the name, value) for the names that begin with `start`."""
        for name in self._values:
            if name.startswith(start):
                yield name.removeprefix(start), self.get(name)


def whole_number(text: str) -> int | None:
    """Return the number that `text` shows, commas and blanks between digits allowed, or None."""
    digits = text.replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None
