"""How long to wait before trying again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.delivery.backoff import LONGEST, wait

attempts = st.integers(1, 100_000)
jitters = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("attempt", "earliest_s", "latest_s"),
    [(1, 1, 2), (2, 2, 4), (3, 4, 8), (9, 256, 512), (10, 450, 900), (11, 450, 900)],
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(attempt, earliest_s, latest_s):
    assert wait(attempt, None, jitter=0).total_seconds() == earliest_s
    assert wait(attempt, None, jitter=0.5).total_seconds() == (earliest_s + latest_s) / 2
    assert earliest_s <= wait(attempt, None, jitter=0.999).total_seconds() < latest_s


@given(attempts, jitters)
def test_a_pause_of_our_own_is_between_a_second_and_a_quarter_of_an_hour(attempt, jitter):
    assert timedelta(seconds=1) <= wait(attempt, None, jitter=jitter) <= LONGEST


@given(attempts, jitters, st.timedeltas(timedelta(0), timedelta(days=10_000)))
def test_the_pause_is_never_shorter_than_asked_nor_longer_than_both(attempt, jitter, asked):
    pause = wait(attempt, asked, jitter=jitter)
    assert pause == max(asked, wait(attempt, None, jitter=jitter))


@given(attempts, jitters)
def test_a_later_pause_is_not_shorter(attempt, jitter):
    assert wait(attempt + 1, None, jitter=jitter) >= wait(attempt, None, jitter=jitter)
