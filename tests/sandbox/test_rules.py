"""What a user may be: statements that hold for any input."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.sandbox.people import People
from fsdest.sandbox.profiles import describe
from fsdest.sandbox.rules import Broken, check_properties, check_user
from fsdest.sandbox.settings import Settings

names = st.from_regex(re.compile(r"[A-Za-z][A-Za-z0-9_]{0,20}"), fullmatch=True)
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=50)
levels = st.recursive(
    st.dictionaries(names, values, max_size=4),
    lambda below: st.dictionaries(names, values | st.lists(values, max_size=3) | below, max_size=4),
    max_leaves=8,
)


@given(levels)
def test_properties_of_good_names_are_accepted_unchanged(properties):
    before = repr(properties)
    check_properties(properties, Settings())

    assert repr(properties) == before


@given(levels, st.text(max_size=10).filter(lambda name: not re.fullmatch("[A-Za-z]\\w*", name)))
def test_one_bad_name_anywhere_is_refused(properties, bad):
    with pytest.raises(Broken):
        check_properties({"nested": properties | {bad: 1}}, Settings())


@given(st.dictionaries(st.text(max_size=12), values))
def test_any_object_is_accepted_or_refused_with_words(item):
    assert refusal(item) != ""


def refusal(item):
    """Why an item is refused, None if it is not."""
    try:
        check_user(item, Settings())
    except Broken as broken:
        return broken.message
    return None


@given(st.lists(levels, min_size=1, max_size=4))
def test_a_user_ends_with_the_newest_value_of_every_property(updates):
    people = People()
    for properties in updates:
        user, _ = people.put({"uid": "ann", "properties": properties})

    assert describe(user, with_schema=False)["properties"] == merged(updates)


def merged(updates):
    result = {}
    for update in updates:
        lay(result, update)
    return result


def lay(under, over):
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(name), dict):
            lay(under[name], value)
        elif isinstance(value, dict):
            under[name] = {}
            lay(under[name], value)
        else:
            under[name] = value


@given(st.lists(st.sampled_from("abc") | st.none(), max_size=20))
def test_a_uid_is_one_user_and_every_anonymous_one_is_another(uids):
    people = People()
    for uid in uids:
        people.put({"uid": uid} if uid else {})

    assert people.size == len(set(uids) - {None}) + uids.count(None)
    assert people.size == sum(1 for _ in people.walk())


def test_a_deletion_is_done_when_its_time_has_come():
    time = [100.0]
    people = People(clock=lambda: time[0])
    user, _ = people.put({"uid": "ann"})
    people.delete(user, after_s=5)

    time[0] = 104.9
    assert people.find(user.id) is user
    time[0] = 105.0
    assert people.find(user.id) is None
    assert people.find_uid("ann") is None
    assert people.size == 0
