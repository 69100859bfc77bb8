"""A set of offsets answers as a plain set would, however they came and went."""

from hypothesis import given
from hypothesis import strategies as st

from fsdest.records import ranges
from fsdest.records.offsets import Offsets

SOME = st.one_of(
    st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda s: range(s[0], s[0] + s[1])),
    st.lists(st.integers(0, 50), unique=True, max_size=6).map(sorted),
)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "discard", "has_any"]), SOME), max_size=15)


@given(known=st.sets(st.integers(0, 50)), steps=STEPS)
def test_it_holds_what_a_set_would(known, steps):
    packed = ranges.pack(sorted(known))
    plain, offsets = set(known), Offsets(packed)
    for step, some in steps:
        match step:
            case "add":
                plain.update(some)
                offsets.add(some)
            case "discard":
                plain.difference_update(some)
                offsets.discard(some)
            case _:
                assert offsets.has_any(some) == (not plain.isdisjoint(some))
        assert bool(offsets) == bool(plain)
        assert list(ranges.unpack(offsets.as_ranges())) == sorted(plain)
