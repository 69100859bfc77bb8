"""Two ways to count attributes without taking every record apart.

The shape of a record is its keys and the types of its values, nested objects included. Most
records of a nexset have one of a few shapes, so shapes are counted, and each is taken apart once.
Records that come many at a time are turned into columns, which are counted even faster.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

KINDS: Final = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "list",
    type(None): "null",
}

# The keys and, at the same places, the type of each value or the shape of an object.
Shape = tuple[tuple[str, ...], tuple[Any, ...]]


def shape_of(record: dict[str, Any]) -> Shape:
    """Return the shape of a record; two records of one shape have the same paths and kinds."""
    types: tuple[Any, ...] = tuple(map(type, record.values()))
    if dict in types:
        types = tuple(shape_of(v) if type(v) is dict else type(v) for v in record.values())
    return tuple(record), types


def kinds_in(shape: Shape) -> dict[str, str]:
    """Return the kind at each dotted path of a shape, parents before children.

    Where a key with dots inside and a nested object share a path, the value counts that
    `schema.value_at` finds: the one whose first key is longer.
    """
    kinds: dict[str, str] = {}
    _collect(shape, (), kinds, {})
    return kinds


def _collect(
    shape: Shape,
    parents: tuple[str, ...],
    kinds: dict[str, str],
    found_by: dict[str, tuple[int, ...]],
) -> None:
    for key, inner in zip(*shape, strict=True):
        keys = (*parents, key)
        path = ".".join(keys)
        lengths = tuple(map(len, keys))
        is_object = isinstance(inner, tuple)
        if path not in kinds or lengths > found_by[path]:
            kinds[path] = "object" if is_object else KINDS[inner]
            found_by[path] = lengths
        if is_object:
            _collect(inner, keys, kinds, found_by)


def columns_in(records: Sequence[dict[str, Any]]) -> list[tuple[str, Sequence[Any]]] | None:
    """Return (dotted path, its values in some of `records`) for all paths and values in them.

    A path comes several times if not all records have the same keys. None if there is little
    to gain because most records have keys of their own, or if a key holds a dot, so that one
    record may have two values for a path.
    """
    columns = []
    for column in _columns(records, ""):
        if column is None:
            return None
        columns.append(column)
    return columns


def _columns(
    records: Sequence[dict[str, Any]], prefix: str
) -> Iterator[tuple[str, Sequence[Any]] | None]:
    by_keys: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for record in records:
        by_keys.setdefault(tuple(record), []).append(record)
    if 1 < len(records) < 3 * len(by_keys):
        yield None
    for keys, alike in by_keys.items():
        for key in keys:
            values = list(map(itemgetter(key), alike))  # twice as fast as a zip of all of them
            yield None if "." in key else (prefix + key, values)
            if dict in map(type, values):
                objects = [value for value in values if type(value) is dict]
                yield from _columns(objects, f"{prefix}{key}.")
