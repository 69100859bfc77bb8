"""Limiters on a Valkey of their own."""

import uuid
from collections.abc import Iterator

import pytest

from tests.valkey import Valkey


@pytest.fixture(scope="module")
def shared_valkey() -> Iterator[Valkey]:
    valkey = Valkey()
    valkey.start()
    yield valkey
    valkey.kill()


@pytest.fixture
def valkey(shared_valkey) -> Valkey:
    """The server, which stays up in this test."""
    shared_valkey.client.config_resetstat()
    return shared_valkey


@pytest.fixture
def mortal_valkey() -> Iterator[Valkey]:
    """A server for this test alone."""
    valkey = Valkey()
    valkey.start()
    yield valkey
    valkey.kill()


@pytest.fixture
def credential_id() -> str:
    return str(uuid.uuid4())
