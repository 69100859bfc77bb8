"""Settings out of a file, each read by its name and kind, none overlooked."""

from collections.abc import Sequence
from typing import Any, Self, TypeVar

from fsdest.payloads.plain_yaml import UnreadableError

Choice = TypeVar("Choice", bound=str)

LARGEST_NUMBER = 2**53
_MISSING: Any = object()


class Settings:
    """One level of a file. Every reading raises UnreadableError with the path of the field."""

    def __init__(self, values: dict[Any, Any], inside: str = "") -> None:
        self._values = dict(values)
        self._inside = inside

    def path(self, name: object) -> str:
        """Return what a person calls the field: batch.records."""
        return f"{self._inside}.{name}" if self._inside else str(name)

    def names(self) -> list[str]:
        """Return the names that were not read yet."""
        for name in self._values:
            if not isinstance(name, str):
                raise UnreadableError(f"{self.path(name)}: a name must be a text: quote it.")
        return list(self._values)

    def text(self, name: str, *, default: str = _MISSING, longest: int = 100_000) -> str:
        """Return a text; one without `default` may be neither missing nor empty."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise UnreadableError(f"{self.path(name)}: this must be a text: put it in quotes.")
        if default is _MISSING and not value.strip():
            raise UnreadableError(f"{self.path(name)}: this is empty.")
        if len(value) > longest:
            raise UnreadableError(f"{self.path(name)}: at most {longest:,} characters are taken.")
        return value

    def choice(self, name: str, choices: Sequence[Choice], *, default: Choice = _MISSING) -> Choice:
        """Return one of `choices`."""
        value = self._take(name, default)
        found = next((each for each in choices if each == value), None)
        if found is None:
            raise UnreadableError(f"{self.path(name)}: this must be one of {_list(choices)}.")
        return found

    def choice_of_name(self, name: str, choices: Sequence[Choice]) -> Choice:
        """Return the name itself as one of `choices`, of which it is one."""
        return next(each for each in choices if each == name)

    def whole(self, name: str, *, least: int, default: int = _MISSING) -> int:
        """Return a whole number, `least` or more."""
        value = self._take(name, default)
        if type(value) is not int or not least <= value <= LARGEST_NUMBER:
            raise UnreadableError(f"{self.path(name)}: this must be a whole number from {least}.")
        return value

    def yes(self, name: str) -> bool:
        """Return true or false; false where it is missing."""
        value = self._take(name, False)
        if type(value) is not bool:
            raise UnreadableError(f"{self.path(name)}: this must be true or false.")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; none where it is missing."""
        value = self._take(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise UnreadableError(f"{self.path(name)}: this must be a list of texts.")
        return value

    def pairs(self, name: str, *, choices: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
        """Return texts by name, all of them of `choices` if there are any."""
        inner = self.inner_or_none(name)
        if inner is None:
            return ()
        if choices:
            return tuple((each, inner.choice(each, choices)) for each in inner.names())
        return tuple((each, inner.text(each, default="")) for each in inner.names())

    def inner_or_none(self, name: str, *, or_text: bool = False) -> Self | None:
        """Return the settings below `name`, None where there are none; `or_text`: or a text,
        which then is still to be read."""
        value = self._values.get(name)
        if name not in self._values or (or_text and isinstance(value, str)):
            return None
        if not isinstance(value, dict):
            raise UnreadableError(f"{self.path(name)}: this must be a list of names and values.")
        del self._values[name]
        return type(self)(value, self.path(name))

    def refuse_the_rest(self) -> None:
        """Raise UnreadableError if something was not read: it would be lost silently."""
        for name in self.names():
            raise UnreadableError(f"{self.path(name)}: there is no such field.")

    def _take(self, name: str, default: Any) -> Any:
        value = self._values.pop(name, default)
        if value is _MISSING:
            raise UnreadableError(f"{self.path(name)}: this is missing.")
        return value


def _list(choices: Sequence[str]) -> str:
    return ", ".join(choices)
