"""The cast of the delivery: a sandbox of its own, a clock in the test's hand, destinations."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from fsdest.delivery import control, follow, run
from fsdest.fullstory import catalogue
from fsdest.models import Block, Credential, Destination, Lane, Nexset, Organization, Source
from fsdest.payloads import configuration as configurations
from fsdest.records import blocks
from tests.running import free_port, until

KEY = "na1.admin.delivery/TEST"


class Clock:
    """Time as the delivery sees it; it stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Sandbox:
    """The sandbox over its control interface."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, path: str) -> object:
        return self._session.get(f"{self.url}/_sandbox/{path}", timeout=5).json()

    def post(self, path: str, body: object = None) -> object:
        return self._session.post(f"{self.url}/_sandbox/{path}", json=body, timeout=5).json()

    def reset(self) -> None:
        self.post("reset")
        self._session.delete(f"{self.url}/_sandbox/faults", timeout=5)

    def play(self, **fault: object) -> None:
        """Add a fault; see the sandbox's README for its fields."""
        self.post("faults", fault)


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "fsdest.sandbox", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _answers(url), what="the sandbox")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=1).ok
    except requests.ConnectionError:
        time.sleep(0.05)
        return False


@pytest.fixture
def sandbox(sandbox_process: str, settings) -> Sandbox:
    settings.FULLSTORY_SANDBOX_URL = sandbox_process
    sandbox = Sandbox(sandbox_process)
    sandbox.reset()
    return sandbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def destination_with(db, sandbox: Sandbox, clock: Clock) -> Callable[..., Destination]:
    """`destination_with({"uid": "ann"}, ..., endpoint="batch-create-users")`, paused."""

    def make(
        *records: dict[str, object], endpoint: str = "create-or-update-user", **batch: int
    ) -> Destination:
        organization = Organization.objects.create(name=f"Acme {Organization.objects.count()}")
        source = Source.objects.create(organization=organization, name="people.csv", status="ready")
        nexset = Nexset.objects.create(
            organization=organization,
            source=source,
            name="People",
            is_ready=True,
            record_count=len(records),
        )
        lines = [json.dumps(record).encode() for record in records]
        for first in range(0, len(lines), blocks.RECORDS_PER_BLOCK):
            some = lines[first : first + blocks.RECORDS_PER_BLOCK]
            Block.objects.create(
                nexset=nexset, first_offset=first, count=len(some), data=blocks.pack(some)
            )
        credential = Credential(organization=organization, name="Sandbox", target="sandbox")
        credential.seal(KEY)
        credential.save()
        destination = Destination.objects.create(
            organization=organization, nexset=nexset, credential=credential, name="To FullStory"
        )
        configuration = configurations.guess(catalogue.endpoint(endpoint), list(records[0]))
        control.save_version(destination, configuration, user=None, now=clock())
        destination.refresh_from_db()
        return destination

    return make


@pytest.fixture
def deliver(clock: Clock) -> Callable[[Destination], None]:
    """Activate, then work every lane and job that is due, until nothing is due at this time."""

    def deliver(destination: Destination) -> None:
        control.activate(destination, now=clock())
        for _ in range(100):
            due = list(Lane.objects.workable(clock()).values_list("pk", flat=True))
            for lane_id in due:
                run.work(lane_id, clock=clock)
            follow.follow(clock=clock)
            if not due:
                break
        destination.refresh_from_db()

    return deliver


@pytest.fixture
def finish_jobs(clock: Clock) -> Callable[[Destination], None]:
    """Ask about the import jobs, as often as it takes, until none is open."""

    def finish_jobs(destination: Destination) -> None:
        def are_ended() -> bool:
            clock.forward(seconds=30)
            follow.follow(clock=clock)
            return not destination.jobs.filter(status="processing").exists()

        until(are_ended, what="the end of the import jobs")

    return finish_jobs
