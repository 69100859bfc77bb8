"""The attributes of a nexset and their kinds, learned as its records arrive.

An attribute is named by its dotted path (`properties.plan`). A list is a leaf: what is inside it
is not looked at. Counts are exact, and small: what is kept grows with the number of attributes,
not with the number of records.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fsdest.records.moments import Texts, texts_of
from fsdest.records.rows import Batch, Column
from fsdest.records.shapes import KINDS, Shape, columns_in, kinds_in, shape_of

PATHS_LIMIT = 2000  # attributes listed; the values of further ones are only counted

_PATHS_AT_ONCE = 20_000  # paths in shapes not yet added up: a few megabytes


class Missing:
    """The type of MISSING, which stands for an attribute that a record does not have."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


def value_at(record: dict[str, Any], path: str) -> Any:
    """Return the value at a dotted `path`, or MISSING.

    A key that holds the dots itself goes before a nested object, at every level: of
    `{"a.b": 1, "a": {"b": 2}}`, the value at `a.b` is 1.
    """
    if path in record:
        return record[path]
    dot = path.rfind(".")
    while dot >= 0:
        inner = record.get(path[:dot])
        if isinstance(inner, dict):
            value = value_at(inner, path[dot + 1 :])
            if value is not MISSING:
                return value
        dot = path.rfind(".", 0, dot)
    return MISSING


@dataclass(slots=True)
class Attribute:
    """One attribute: how many values of each kind it has, and how many records have it.

    The kinds are text, moment, number, boolean, object, list and null. Texts are moments when
    all of an attribute's texts, empty ones apart, are ISO 8601 dates or times: that is decided
    for the whole attribute, never a value at a time.
    """

    path: str
    kinds: dict[str, int] = field(default_factory=dict)
    present: int = 0  # records, those with null included

    def count(self, kind: str, times: int) -> None:
        self.kinds[kind] = self.kinds.get(kind, 0) + times
        self.present += times


class Schema:
    """What is known of the records learned so far.

    `learn` only counts the shape of a record; shapes are added up to attributes when somebody
    asks, or when there are many. Not for use by several threads.
    """

    def __init__(self) -> None:
        self._records = 0
        self._overflow = 0
        self._attributes: dict[str, Attribute] = {}
        self._shapes: dict[Shape, int] = {}
        self._paths_in_shapes = 0
        self._texts: dict[str, Texts] = {}
        self._undecided: list[str] = []  # the paths whose texts are not ANY

    @property
    def records(self) -> int:
        """How many records were learned."""
        return self._records

    @property
    def overflow(self) -> int:
        """How many values belong to attributes beyond the first PATHS_LIMIT."""
        self._add_up()
        return self._overflow

    @property
    def attributes(self) -> list[Attribute]:
        """The attributes, copies, in the order in which they first appeared."""
        self._add_up()
        return [self._as_shown(one) for one in self._attributes.values()]

    def learn(self, record: dict[str, Any]) -> None:
        """Count one record: 1 to 2 us for ten flat attributes."""
        self._records += 1
        shape = shape_of(record)
        if shape in self._shapes:
            self._shapes[shape] += 1
        else:
            self._meet(shape)
        for path in self._undecided:
            value = record.get(path) or value_at(record, path)
            if value and type(value) is str:
                self._note(path, texts_of({value}))

    def learn_all(self, records: Sequence[dict[str, Any]]) -> None:
        """Count each of `records`: about 0.5 us each, where most have the same keys.

        Attributes that are new here are listed parents first, but otherwise in any order.
        """
        columns = columns_in(records)
        if columns is None:
            for record in records:
                self.learn(record)
            return
        self._records += len(records)
        for path, values in columns:
            self._learn_column(path, values)

    def learn_batch(self, batch: Batch) -> None:
        """Count the records of `batch`: at no cost each, where the reader knows their columns."""
        if batch.columns is None:
            self.learn_all(batch.records)
            return
        self._records += len(batch.records)
        for column in batch.columns:
            if column.present:
                self._count(column)

    def merge(self, other: "Schema") -> None:
        """Count what `other` has learned, as if its records had been learned here, later."""
        self._add_up()
        other._add_up()
        self._records += other._records
        self._overflow += other._overflow
        for theirs in other._attributes.values():
            self._merge_attribute(theirs, other._texts.get(theirs.path))

    def to_json(self) -> dict[str, Any]:
        """Return what is known as JSON values, for `from_json`."""
        attributes = [
            {"path": one.path, "kinds": one.kinds, "present": one.present}
            for one in self.attributes
        ]
        return {"records": self._records, "overflow": self._overflow, "attributes": attributes}

    @classmethod
    def from_json(cls, known: dict[str, Any]) -> "Schema":
        """Return the schema that `to_json` described; of an empty dict, an empty schema.

        It can go on learning. Only one thing is forgotten: that all texts were empty.
        """
        schema = cls()
        schema._records = known.get("records", 0)
        schema._overflow = known.get("overflow", 0)
        for one in known.get("attributes", ()):
            kinds = {("text" if k == "moment" else k): n for k, n in one["kinds"].items()}
            texts = Texts.MOMENTS if "moment" in one["kinds"] else Texts.ANY
            theirs = Attribute(one["path"], kinds, one["present"])
            schema._merge_attribute(theirs, texts if "text" in kinds else None)
        return schema

    def _meet(self, shape: Shape) -> None:
        """Begin to count a shape, and list the attributes that appear with it."""
        self._shapes[shape] = 1
        for path, kind in kinds_in(shape).items():
            self._paths_in_shapes += 1
            if self._attribute(path) and kind == "text":
                self._note(path, Texts.EMPTY)
        if self._paths_in_shapes > _PATHS_AT_ONCE:
            self._add_up()

    def _learn_column(self, path: str, values: Sequence[Any]) -> None:
        attribute = self._attribute(path)
        if attribute is None:
            self._overflow += len(values)
            return
        types = set(map(type, values))
        for one in types:
            times = len(values) if len(types) == 1 else sum(type(v) is one for v in values)
            attribute.count(KINDS[one], times)
        if str in types and self._texts.get(path) is not Texts.ANY:
            self._note(path, texts_of({v for v in values if v and type(v) is str}))

    def _count(self, column: Column) -> None:
        attribute = self._attribute(column.path)
        if attribute is None:
            self._overflow += column.present
            return
        attribute.count(column.kind, column.present)
        if column.texts and self._texts.get(column.path) is not Texts.ANY:
            self._note(column.path, texts_of(set(column.texts) - {""}))

    def _attribute(self, path: str) -> Attribute | None:
        """The attribute at `path`, listed now if it is new; None if the list is full."""
        if path not in self._attributes and len(self._attributes) < PATHS_LIMIT:
            self._attributes[path] = Attribute(path)
        return self._attributes.get(path)

    def _add_up(self) -> None:
        for shape, times in self._shapes.items():
            for path, kind in kinds_in(shape).items():
                attribute = self._attributes.get(path)
                if attribute is None:
                    self._overflow += times
                else:
                    attribute.count(kind, times)
        self._shapes.clear()
        self._paths_in_shapes = 0

    def _note(self, path: str, texts: Texts) -> None:
        before = self._texts.get(path)
        if before is None or texts > before:
            self._texts[path] = texts
            # A new list, because `learn` may be walking the old one.
            self._undecided = [p for p, known in self._texts.items() if known < Texts.ANY]

    def _merge_attribute(self, theirs: Attribute, texts: Texts | None) -> None:
        ours = self._attribute(theirs.path)
        if ours is None:
            self._overflow += theirs.present
            return
        for kind, times in theirs.kinds.items():
            ours.count(kind, times)
        if texts is not None:
            self._note(theirs.path, texts)

    def _as_shown(self, one: Attribute) -> Attribute:
        has_moments = self._texts.get(one.path) is Texts.MOMENTS
        kinds = {("moment" if k == "text" and has_moments else k): n for k, n in one.kinds.items()}
        return Attribute(one.path, kinds, one.present)
