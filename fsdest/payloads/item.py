"""From a record to the item that a call carries of it, as a configuration says: compiled once."""

from collections.abc import Callable
from typing import Any

from fsdest.fullstory.endpoints import Kind
from fsdest.payloads import fill, macros
from fsdest.payloads.configuration import Batch, Configuration
from fsdest.payloads.fill import Record, Step
from fsdest.payloads.rest import compile_rest

NULL = b"null"  # a line without it holds no null; one with it may
Make = Callable[[Record, bool], Record]


def is_verbatim(configuration: Configuration) -> bool:
    """Whether a record is its own item, so that its line need not be written again."""
    return (
        configuration.rest == "record"
        and configuration.content_format == "json"
        and not configuration.exclude
        and _added(configuration.batch) is None
    )


def has_items_apart(configuration: Configuration) -> bool:
    """Whether one item can be changed without another: False where they share a constant object
    that another field reaches into."""
    paths = [path for path, _ in configuration.mapping]
    constants = (path for path, value in configuration.mapping if value.source == "constant")
    return not any(path.startswith(f"{whole}.") for whole in constants for path in paths)


def compile_item(configuration: Configuration) -> Make:
    """Return a function that makes a record, which it may change, into an item.

    It is told whether the line of the record has NULL in it. It raises fill.UnfitError for a
    record that no item can be made of.
    """
    steps = _steps(configuration)
    finish = compile_rest(configuration)
    added = _added(configuration.batch)

    def item(record: Record, has_nulls: bool) -> Record:
        made: Record = {}
        get = record.get
        for name, attribute, longest, otherwise in steps:
            found = get(attribute)  # type: ignore[arg-type]  # None is no record's attribute
            if type(found) is str and found and len(found) <= longest:
                made[name] = found
            else:
                otherwise(record, made)
        made = finish(record, made, has_nulls)
        if added:
            made[added[0]] = added[1]
        return made

    return item


def _steps(configuration: Configuration) -> tuple[Step, ...]:
    filled = dict(configuration.mapping)
    moment = macros.moment_of(configuration.moment)
    steps = (
        fill.step(field, filled.get(field.path), moment) for field in configuration.endpoint.fields
    )
    return tuple(step for step in steps if step is not None)


def _added(batch: Batch | None) -> tuple[str, Any] | None:
    """Return the constant attribute that every record gets, and its value, or None."""
    if batch is None or batch.algorithm != "object_constant":
        return None
    return batch.setting("attribute"), fill.constant_of(batch.setting("value"), Kind.ANY)
