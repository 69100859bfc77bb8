"""The header of a CSV file: the names of its columns, and the tree that dotted names make."""

import re
from collections.abc import Sequence
from itertools import repeat
from typing import Any, Union

from fsdest.records.columns import ABSENT, Kind, Values, values
from fsdest.records.rows import DEPTH_LIMIT, Column, UnreadableFile

COLUMNS_LIMIT = 10_000
NAME_LIMIT = 512  # characters, as of a path at FullStory; each record repeats the names

# A name leads to the index of a column, or to the names inside an object.
Tree = dict[str, Union[int, "Tree"]]

_DATA = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9.,]+|")


def names(cells: Sequence[str]) -> list[str]:
    """Return the column names that a header row gives, stripped.

    Raises UnreadableFile if a name is missing or given twice, or if the row looks like data.
    """
    found = [cell.strip() for cell in cells]
    if len(found) > COLUMNS_LIMIT:
        raise UnreadableFile(
            f"The header has {len(found):,} columns; at most {COLUMNS_LIMIT:,} are read."
        )
    _refuse_data(found)
    places: dict[str, int] = {}
    for place, name in enumerate(found, 1):
        if not name:
            raise UnreadableFile(f"Column {place} has no name in the header; give it one.")
        if len(name) > NAME_LIMIT:
            raise UnreadableFile(
                f"The name of column {place}, “{_short(name)}”, has {len(name):,} characters; "
                f"at most {NAME_LIMIT} are read."
            )
        if name in places:
            raise UnreadableFile(
                f"The columns {places[name]} and {place} have the same name, “{_short(name)}”."
            )
        places[name] = place
    return found


def _refuse_data(found: Sequence[str]) -> None:
    telling = next((name for name in found if _DATA.fullmatch(name)), None)
    if telling is None and any(found) and all(map(_NUMBER.fullmatch, found)):
        telling = next(filter(None, found))
    if telling is not None:
        raise UnreadableFile(
            f"The first row holds “{_short(telling)}”, so it looks like data; "
            "the first row must hold the names of the columns."
        )


def tree(columns: Sequence[str]) -> Tree:
    """Nest dotted names: `properties.plan` is `plan` inside `properties`.

    A name whose dots are not those of a path (`No.`, `Approx. cost`) stays as it is. Raises
    UnreadableFile where a name is both a column and the beginning of others.
    """
    root: Tree = {}
    for index, name in enumerate(columns):
        parts = _path(name)
        branch = root
        for depth, part in enumerate(parts[:-1], 1):
            inner = branch.setdefault(part, {})
            if isinstance(inner, int):
                raise _both(".".join(parts[:depth]), name)
            branch = inner
        if parts[-1] in branch:
            raise _both(name, f"{name}.…")
        branch[parts[-1]] = index
    return root


def _path(name: str) -> list[str]:
    parts = name.split(".")
    is_path = len(parts) < DEPTH_LIMIT and all(part and part == part.strip() for part in parts)
    return parts if is_path else [name]


def _both(name: str, longer: str) -> UnreadableFile:
    return UnreadableFile(
        f"“{_short(name)}” and “{_short(longer)}” are both columns, "
        "but a value cannot also hold others; rename one."
    )


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"


def without_empty(branch: Tree, kinds: Sequence[Kind]) -> Tree:
    """Return the tree without the columns that are wholly empty."""
    kept: Tree = {}
    for name, inner in branch.items():
        if isinstance(inner, int):
            if kinds[inner] is not Kind.EMPTY:
                kept[name] = inner
        elif inside := without_empty(inner, kinds):
            kept[name] = inside
    return kept


def records(
    branch: Tree, columns: Sequence[Sequence[str]], kinds: Sequence[Kind], prefix: str = ""
) -> tuple[list[dict[str, Any]], list[Column]]:
    """Return the records of some rows, given as columns of cells, and what they have.

    An attribute whose cell gives none is left out, and so is an object without attributes. The
    paths of what they have begin with `prefix`; parents come before children.
    """
    filled: dict[str, Values] = {}
    known: list[Column] = []
    gaps: list[str] = []  # names that not every record has
    for name, inner in branch.items():
        inside: list[Column] = []
        kind = "object"
        if isinstance(inner, int):
            filled[name] = values(columns[inner], kinds[inner])
            kind = _KIND_OF_VALUES[kinds[inner]]
        else:
            objects, inside = records(inner, columns, kinds, f"{prefix}{name}.")
            filled[name] = [one or ABSENT for one in objects]
        texts = filled[name] if kind == "text" else ()
        absent = 0 if texts else filled[name].count(ABSENT)
        known += [Column(prefix + name, kind, len(filled[name]) - absent, texts), *inside]
        if absent:
            gaps.append(name)
    return _without(gaps, filled, len(columns[0])), known


def _without(gaps: list[str], filled: dict[str, Values], rows: int) -> list[dict[str, Any]]:
    if not filled:
        return [{} for _ in range(rows)]
    made: list[dict[str, Any]] = list(
        map(dict, map(zip, repeat(tuple(filled)), zip(*filled.values(), strict=True)))
    )
    for name in gaps:
        for record, value in zip(made, filled[name], strict=True):
            if value is ABSENT:
                del record[name]
    return made


_KIND_OF_VALUES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "number",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
}
