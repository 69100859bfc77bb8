"""docker-compose.yml says what production runs; it may not drift from the product."""

import re
from itertools import chain

import pytest
import yaml
from django.conf import settings

from tests.running import ROOT


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_every_process_of_the_product_is_a_service(services):
    assert set(services) == {
        *("migrate", "web", "worker", "ingest", "beat", "postgres", "redis"),
    }


def test_every_queue_has_a_worker(services):
    commands = [service.get("command", "") for service in services.values()]
    served = chain.from_iterable(
        found.group(1).split(",") for text in commands if (found := re.search(r"-Q (\S+)", text))
    )
    assert set(served) == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_the_product_runs_read_only_and_for_production(services):
    for name in ("web", "worker", "ingest", "beat"):
        assert services[name]["read_only"] is True
        assert services[name]["environment"]["FSDEST_ENV"] == "production"


def test_the_broker_never_evicts_a_queue(services):
    assert "noeviction" in services["redis"]["command"]
    assert "--appendonly yes" in services["redis"]["command"]
