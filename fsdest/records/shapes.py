"""The shape of a record: its keys and the types of its values, nested objects included.

Most records of a nexset have one of a few shapes, so counting shapes is a cheap way to count
attributes: a shape is taken apart once, however many records have it.
"""

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
