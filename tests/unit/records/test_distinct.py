"""How many different texts there are among millions."""

import tracemalloc

from fsdest.records.distinct import Distinct


def test_a_text_is_known_from_the_second_time_on():
    distinct = Distinct()

    assert [distinct.is_known(text) for text in ("a", "b", "a", "", "")] == [
        *(False, False, True, False, True)
    ]
    assert distinct.count == 3


def test_nothing_is_forgotten_while_it_grows():
    distinct = Distinct()
    texts = [f"user-{n}" for n in range(20_000)]

    assert not any(distinct.is_known(text) for text in texts)
    assert all(distinct.is_known(text) for text in texts)
    assert distinct.count == 20_000


def test_what_there_is_no_room_for_is_said_and_not_counted():
    distinct = Distinct(most=2)

    assert [distinct.is_known(text) for text in ("a", "b", "c", "c", "a")] == [
        *(False, False, False, False, True)
    ]
    assert distinct.count == 2
    assert distinct.is_full


def test_a_hundred_thousand_texts_take_a_few_bytes_each():
    distinct = Distinct()
    tracemalloc.start()
    for n in range(100_000):
        distinct.is_known(f"user-{n}")
    taken = tracemalloc.get_traced_memory()[1]  # at its peak, while growing
    tracemalloc.stop()

    assert taken / 100_000 < 40
