"""Configurations and payloads, made the way the product makes them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from fsdest.fullstory import by_hand, catalogue
from fsdest.payloads import configuration as configurations
from fsdest.payloads.build import Payload, Rejected, Renderer
from fsdest.payloads.configuration import Configuration, Value

MOMENT = "2026-11-24T11:20:07+00:00"


@pytest.fixture
def template() -> Callable[..., Configuration]:
    """`template("create-event", ["name", "uid"], exclude=("ssn",))`: guessed, then changed."""

    def make(key: str, paths: list[str], **changes: Any) -> Configuration:
        guessed = configurations.guess(catalogue.endpoint(key), paths)
        return replace(guessed, moment=MOMENT, **changes)

    return make


@pytest.fixture
def manual() -> Callable[..., Configuration]:
    """`manual("POST", "https://a.test/{record.id}", content_format="xml")`."""

    def make(method: str = "POST", url: str = "https://a.test/in", **changes: Any) -> Configuration:
        endpoint = by_hand.endpoint(method, url)
        made = Configuration(endpoint=endpoint, rest=endpoint.rest, moment=MOMENT)
        return replace(made, **changes)

    return make


@pytest.fixture
def build() -> Callable[..., Payload | Rejected]:
    """Build one record, given as a dict, at offset 7."""

    def build(configuration: Configuration, record: object) -> Payload | Rejected:
        return Renderer(configuration).build(7, orjson.dumps(record))

    return build


@pytest.fixture
def item(build) -> Callable[..., object]:
    """Build one record that must not be rejected: its item, decoded."""

    def item(configuration: Configuration, record: object) -> object:
        built = build(configuration, record)
        assert isinstance(built, Payload), built
        return orjson.loads(built.item)

    return item


@pytest.fixture
def attribute() -> Callable[[str], Value]:
    return lambda path: Value("attribute", path)
