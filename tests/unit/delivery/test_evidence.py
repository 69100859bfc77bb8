"""What is made of the deaths of workers: proof, or nothing."""

import pytest

from fsdest.delivery.evidence import Evidence

ONE, BATCH = [[7, 7]], [[0, 99]]


def test_one_death_proves_nothing_and_two_do():
    assert not Evidence(offsets=ONE, deaths=1).is_final
    assert Evidence(offsets=ONE, deaths=2).is_final


def test_deaths_during_a_long_wait_for_an_answer_prove_little():
    assert not Evidence(offsets=ONE, deaths=7, is_sent=True, waits=True).is_final
    assert Evidence(offsets=ONE, deaths=8, is_sent=True, waits=True).is_final


def test_several_records_that_were_only_built_are_tried_one_by_one_first():
    evidence = Evidence(offsets=BATCH, deaths=2)

    assert not evidence.is_final
    assert not evidence.splits


@pytest.mark.parametrize("is_repeatable", [True, False])
def test_a_batch_is_split_only_where_twice_does_the_same_as_once(is_repeatable):
    evidence = Evidence(offsets=BATCH, deaths=2, is_sent=True, is_repeatable=is_repeatable)

    assert evidence.splits is is_repeatable
    assert evidence.is_final is not is_repeatable


def test_the_reason_says_that_it_may_have_been_carried_out_only_where_it_was_sent():
    assert "carried out" not in Evidence(offsets=ONE, deaths=2).reason
    sent = Evidence(offsets=ONE, deaths=2, is_sent=True).reason
    assert "It may have been carried out: look for it there" in sent
    assert (
        "twice does the same"
        in Evidence(offsets=ONE, deaths=2, is_sent=True, is_repeatable=True).reason
    )
