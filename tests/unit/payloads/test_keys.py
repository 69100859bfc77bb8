"""Equal bytes of equal records, equal key; anything else, another."""

import uuid

from fsdest.payloads import keys
from fsdest.payloads.keys import idempotency_key

ARGUMENTS = ("d1", 1, [4, 5, 6, 9], 0, b"body")


def test_the_same_call_has_the_same_key_wherever_it_is_made():
    assert idempotency_key(*ARGUMENTS) == "f6628e00-9afe-535f-887b-8f22baa98807"


def test_a_key_is_a_uuid():
    assert uuid.UUID(idempotency_key(*ARGUMENTS)).version == 5


def test_whatever_differs_makes_another_key():
    keys = {
        idempotency_key(*arguments)
        for arguments in [
            ARGUMENTS,
            ("d2", 1, [4, 5, 6, 9], 0, b"body"),
            ("d1", 2, [4, 5, 6, 9], 0, b"body"),
            ("d1", 1, [4, 6, 9], 0, b"body"),
            ("d1", 1, [4, 5, 6, 9], 1, b"body"),
            ("d1", 1, [4, 5, 6, 9], 0, b"Body"),
        ]
    }

    assert len(keys) == 6


def test_a_key_is_what_the_library_makes_of_the_same_name():
    from_name = uuid.uuid5(keys._SPACE, "any name, ü")

    assert keys._uuid5("any name, ü") == str(from_name)
