"""What becomes of the attributes that no field takes: excluded, into properties, or the body."""

from collections.abc import Callable, Iterable
from typing import Any

from fsdest.payloads.configuration import Configuration
from fsdest.payloads.fill import Record
from fsdest.records.schema import MISSING, value_at

Finish = Callable[[Record, Record, bool], Record]


def compile_rest(configuration: Configuration) -> Finish:
    """Return a function of a record, which it may change, and the item made of it so far.

    It is also told whether the record may hold a null: to look for one takes as long as all else.
    Excluded attributes are left out wherever they would have appeared by themselves; one that is
    mapped to a field by its own name stays there.
    """
    taken = {value.text for _, value in configuration.mapping if value.source == "attribute"}
    excluded = set(configuration.exclude)
    if configuration.rest == "record":
        drop = _dropper(excluded)

        def as_it_is(record: Record, item: Record, has_nulls: bool) -> Record:
            drop(record)
            return record

        return as_it_is
    drop = _dropper(excluded | taken)
    keeps_rest = configuration.rest == "properties"
    declare = _declarer(configuration.kinds)

    def finish(record: Record, item: Record, has_nulls: bool) -> Record:
        drop(record)
        mapped = item.pop("properties", None)
        properties = ({**record, **mapped} if mapped else record) if keeps_rest else mapped
        if properties:
            if has_nulls or mapped:  # a mapped constant may hold some of its own
                properties = without_nulls(properties)
            item["properties"] = properties
            if declare:
                declare(properties, item)
        return item

    return finish


def without_nulls(value: Record) -> Record:
    """Return `value` without nulls in it or in the objects within it: a copy, if it has such."""
    inside = value.values()
    if None not in inside and dict not in map(type, inside):
        return value
    return {
        name: without_nulls(inner) if type(inner) is dict else inner
        for name, inner in value.items()
        if inner is not None
    }


def drop_path(record: Record, path: str) -> None:
    """Remove what `records.schema.value_at` would find at `path`, and objects thereby emptied."""
    if path in record:
        del record[path]
        return
    dot = path.rfind(".")
    while dot >= 0:
        inner = record.get(path[:dot])
        if isinstance(inner, dict) and value_at(inner, path[dot + 1 :]) is not MISSING:
            drop_path(inner, path[dot + 1 :])
            if not inner:
                del record[path[:dot]]
            return
        dot = path.rfind(".", 0, dot)


def _dropper(paths: Iterable[str]) -> Callable[[Record], None]:
    flat = tuple(sorted(path for path in paths if "." not in path))
    # The inner ones first: an object that is mapped as a whole must lose them too.
    nested = tuple(sorted((path for path in paths if "." in path), key=len, reverse=True))

    def drop_flat(record: Record) -> None:
        for name in flat:
            if name in record:
                del record[name]

    def drop(record: Record) -> None:
        for path in nested:
            drop_path(record, path)
        drop_flat(record)

    return drop if nested else drop_flat


def _declarer(kinds: Iterable[tuple[str, str]]) -> Callable[[Record, Record], None] | None:
    """Return a function that declares the types of those properties that are there."""
    declared = tuple(kinds)
    if not declared:
        return None

    def declare(properties: Record, item: Record) -> None:
        types: dict[str, Any] = {
            path: kind for path, kind in declared if value_at(properties, path) is not MISSING
        }
        if types and "schema" not in item:
            item["schema"] = {"properties": types}

    return declare
