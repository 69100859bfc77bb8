"""The cursor never passes an unsettled record, and nothing settled is forgotten."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fsdest.delivery.window import Window
from fsdest.records import ranges

offsets = st.lists(st.integers(0, 300), unique=True, max_size=60).map(sorted)


def read_all(window: Window, offsets: list[int]) -> list[int]:
    return [offset for offset in offsets if window.read(offset)]


def test_the_cursor_waits_for_the_first_unsettled_record():
    window = Window(0, [])
    read_all(window, [0, 4, 8])
    window.settle([4, 8])

    assert window.cursor() == 0
    assert window.ahead() == [[4, 8]]


def test_the_cursor_moves_past_all_that_was_read_once_it_is_settled():
    window = Window(0, [])
    read_all(window, [0, 4, 8])
    window.settle([0, 4, 8])

    assert window.cursor() == 9
    assert window.ahead() == []


@given(own=offsets, data=st.data())
def test_a_restart_sees_exactly_the_unsettled_records_as_new(own, data):
    settled = data.draw(st.lists(st.sampled_from(own), unique=True)) if own else []
    before = Window(0, [])
    read_all(before, own)
    before.settle(settled)
    cursor, ahead = before.cursor(), before.ahead()

    after = Window(cursor, ahead)
    new = read_all(after, [offset for offset in own if offset >= cursor])

    assert new == [offset for offset in own if offset not in settled]
    assert all(offset in settled for offset in own if offset < cursor)


@given(own=offsets, data=st.data())
def test_a_second_crash_before_all_was_read_again_forgets_nothing_either(own, data):
    settled = data.draw(st.lists(st.sampled_from(own), unique=True)) if own else []
    before = Window(0, [])
    read_all(before, own)
    before.settle(settled)
    between = Window(before.cursor(), before.ahead())
    again = [offset for offset in own if offset >= between.read_to]
    read_all(between, again[: data.draw(st.integers(0, len(again)))])

    after = Window(between.cursor(), between.ahead())
    new = read_all(after, [offset for offset in own if offset >= after.read_to])

    assert new == [offset for offset in own if offset not in settled]


@given(offsets)
def test_ranges_hold_the_same_offsets_in_the_same_order(own):
    packed = ranges.pack(own)

    assert list(ranges.unpack(packed)) == own
    assert ranges.count(packed) == len(own)


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=8), data=st.data())
def test_batches_end_where_single_records_would(sizes, data):
    together, apart = Window(0, []), Window(0, [])
    end = 0
    for size in sizes:  # the blocks in which they are read
        together.read_all(range(end, end + size))
        end += size
    read_all(apart, list(range(end)))
    cuts = sorted(data.draw(st.sets(st.integers(1, end))) | {0, end})
    batches = [range(first, stop) for first, stop in pairwise(cuts)]
    for batch in data.draw(st.permutations(batches)):
        is_split = data.draw(st.booleans())  # a call whose records end one by one
        for offsets in ([offset] for offset in batch) if is_split else (batch,):
            together.settle(offsets)
        for offset in batch:
            apart.settle([offset])
        assert together.ahead() == apart.ahead()
        assert [together.is_settled(n) for n in range(end)] == [
            apart.is_settled(n) for n in range(end)
        ]
        if data.draw(st.booleans()):
            assert together.cursor() == apart.cursor()
            assert len(together) == len(apart)
    assert together.cursor() == apart.cursor() == end
