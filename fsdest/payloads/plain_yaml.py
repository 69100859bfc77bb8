"""YAML that a stranger may have written: plain values, or one sentence on what is wrong with it."""

from collections.abc import Iterator
from typing import Any

import yaml

LARGEST = 256 * 1024  # bytes
DEEPEST = 10  # levels

_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class UnreadableError(ValueError):
    """A file that cannot be taken; the text is one sentence for a person."""


def load(raw: bytes) -> dict[str, Any]:
    """Return the settings in `raw`. Raises UnreadableError, and nothing else.

    No aliases, no tags, no name twice, one document, texts that every database can hold: such a
    file holds what it seems to hold.
    """
    if len(raw) > LARGEST:
        raise UnreadableError(f"The file has more than {LARGEST // 1024} KiB: this is not ours.")
    try:
        text = raw.decode("utf-8-sig")
        _Outline().check(text)
        found = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UnreadableError(f"Line {line}: this is not UTF-8 text.") from None
    except yaml.MarkedYAMLError as error:
        where = f"Line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UnreadableError(f"{where}this is not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise UnreadableError(f"This is not YAML: {first}.") from None
    except ValueError as error:  # a date that is none, a number of thousands of digits
        if isinstance(error, UnreadableError):
            raise
        sentence = f"A value looks like a date or a number and is none ({error}): quote it."
        raise UnreadableError(sentence) from None
    if not isinstance(found, dict):
        raise UnreadableError("The file is not a list of settings, each a name and a value.")
    return found


class _Outline:
    """Walks through the events of a file, which takes no memory and follows nothing."""

    def __init__(self) -> None:
        self._open: list[set[str] | None] = []  # names so far of each mapping; None: a list
        self._is_name: list[bool] = []
        self._documents = 0

    def check(self, text: str) -> None:
        """Raise UnreadableError, or yaml.YAMLError, at the first thing that is not plain."""
        events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        for event in events:
            line = event.start_mark.line + 1
            self._plain(event, line)
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, _STARTS):
                self._start(event, line)
            elif isinstance(event, _ENDS):
                self._open.pop()
                self._is_name.pop()

    def _plain(self, event: Any, line: int) -> None:
        self._documents += isinstance(event, yaml.DocumentStartEvent)
        if self._documents > 1:
            raise UnreadableError(f"Line {line}: a second document begins; there may be one.")
        if getattr(event, "anchor", None) is not None:
            raise UnreadableError(f"Line {line}: anchors and aliases (& and *) are not taken.")
        if getattr(event, "tag", None) is not None:
            raise UnreadableError(f"Line {line}: tags ({event.tag}) are not taken.")

    def _start(self, event: Any, line: int) -> None:
        if self._is_name and self._is_name[-1]:
            raise UnreadableError(f"Line {line}: a name must be a text.")
        if self._is_name and self._open[-1] is not None:
            self._is_name[-1] = True  # after this value
        self._open.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
        self._is_name.append(self._open[-1] is not None)
        if len(self._open) > DEEPEST:
            raise UnreadableError(f"Line {line}: this is nested too deeply.")

    def _scalar(self, event: Any, line: int) -> None:
        if "\0" in event.value or any("\ud800" <= c <= "\udfff" for c in event.value):
            raise UnreadableError(f"Line {line}: this text holds what is no character.")
        names = self._open[-1] if self._open else None
        if names is None:
            return
        if self._is_name[-1]:
            if event.value in names:
                raise UnreadableError(f"Line {line}: {event.value[:60]} is given twice.")
            names.add(event.value)
        self._is_name[-1] = not self._is_name[-1]
