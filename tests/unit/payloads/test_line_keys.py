"""The order key of a stored line is that of its record, found with or without parsing it."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import catalogue
from fsdest.payloads import line_keys
from fsdest.payloads.configuration import Configuration, Value

NAMES = st.sampled_from(["uid", '"uid', 'x,"uid', "{uid", "user", "ü", "a.b"])
LEAVES = (
    st.none() | st.integers(0, 9) | st.text(max_size=8) | st.sampled_from(['"uid":"', "\\", ""])
)
VALUES = LEAVES | st.lists(LEAVES, max_size=2) | st.dictionaries(NAMES, LEAVES, max_size=3)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=5)


def ordered_by(path: str) -> Configuration:
    endpoint = catalogue.endpoint("create-or-update-user")
    return Configuration(endpoint=endpoint, mapping=(("uid", Value("attribute", path)),))


@given(RECORDS, NAMES)
def test_the_key_of_a_line_is_that_of_its_record(record, path):
    configuration = ordered_by(path)

    key = line_keys.compiled(configuration)(orjson.dumps(record))

    assert key == line_keys.order_key(configuration)(record)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'{"uid":"ann"}', "ann"),
        (b'{"note":"\\"uid\\":\\"bob\\"","uid":"ann"}', "ann"),
        (b'{"inner":{"uid":"bob"},"uid":"ann"}', "ann"),
        (b'{"uid":"a\\"nn"}', 'a"nn'),
        (b'{"uid":7}', "7"),
        (b'{"name":"ann"}', ""),
    ],
)
def test_neither_inner_objects_nor_escapes_mislead_it(line, key):
    assert line_keys.compiled(ordered_by("uid"))(line) == key
