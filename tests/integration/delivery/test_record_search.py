"""Records for the sample panel, found by a value."""

import pytest

from fsdest.delivery.record_search import MOST_FOUND, find
from fsdest.models import Block, Nexset, Source
from fsdest.records import blocks


@pytest.fixture
def nexset(organization) -> Nexset:
    source = Source.objects.create(organization=organization, name="users.csv")
    made = Nexset.objects.create(
        organization=organization, source=source, name="Users", is_ready=True, record_count=2500
    )
    for first in range(0, 2500, 1000):
        some = [
            {"uid": f"u{n}", "city": {"name": "Köln" if n == 2400 else 'a "b"'}, "n": n}
            for n in range(first, min(first + 1000, 2500))
        ]
        data = blocks.pack([blocks.encode(record) for record in some])
        Block.objects.create(nexset=made, first_offset=first, count=len(some), data=data)
    return made


def test_a_value_is_found_in_any_case_and_any_block(nexset):
    assert find(nexset, path="city.name", value="kÖLN").offsets == (2400,)


def test_a_value_elsewhere_in_the_record_does_not_count(nexset):
    assert find(nexset, path="uid", value="Köln").offsets == ()


def test_quotation_marks_and_numbers_are_found_too(nexset):
    assert find(nexset, path="city.name", value='"b"').offsets[0] == 0
    assert find(nexset, path="n", value="2345").offsets == (2345,)


def test_it_stops_when_it_has_enough(nexset):
    found = find(nexset, path="uid", value="u")

    assert (len(found.offsets), found.looked_at) == (MOST_FOUND, MOST_FOUND)


def test_it_stops_when_the_time_is_over_and_says_how_far_it_came(nexset):
    found = find(nexset, path="uid", value="nobody", within_s=0)

    assert (found.offsets, found.looked_at) == ((), 1000)


def test_an_attribute_that_no_record_has_finds_nothing(nexset):
    assert find(nexset, path="no.such", value="u").offsets == ()
