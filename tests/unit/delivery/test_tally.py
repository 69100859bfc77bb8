"""Failures are general from ten calls on, when half of them failed."""

from fsdest.delivery.tally import Tally


def test_nine_failures_are_not_yet_general():
    tally = Tally()
    for _ in range(9):
        tally.count(is_failure=True)

    assert not tally.is_general()


def test_half_of_ten_calls_is_general():
    tally = Tally()
    for number in range(10):
        tally.count(is_failure=number % 2 == 0)

    assert tally.is_general()


def test_a_few_failures_among_many_calls_are_not_general():
    tally = Tally()
    for number in range(100):
        tally.count(is_failure=number % 10 == 0)

    assert not tally.is_general()


def test_an_outage_shows_at_once_after_any_number_of_calls_that_went_well():
    tally = Tally()
    for _ in range(10_000):
        tally.count(is_failure=False)

    for _ in range(20):
        tally.count(is_failure=True)

    assert tally.is_general()
