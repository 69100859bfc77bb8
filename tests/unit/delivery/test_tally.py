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
