"""What an operator sees, on a Valkey that holds what workers tell."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.valkey import Valkey


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    valkey = Valkey()
    valkey.start()
    yield valkey
    valkey.kill()


@pytest.fixture
def valkey(shared_valkey, settings) -> Valkey:
    """The product's broker, empty."""
    shared_valkey.client.flushall()
    settings.REDIS_URL = shared_valkey.url
    return shared_valkey


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
