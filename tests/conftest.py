"""What all tests share: the browser, a running product, how hard Hypothesis tries."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import prepared
from tests.running import Stack, running_stack

settings.register_profile(
    "checks",
    deadline=None,  # a shared machine has slow moments
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", parent=settings.get_profile("checks"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "checks"))

LONGEST_FIRST = [
    "test_pages.py",
    "test_road.py",
    "test_manual.py",
    "test_wizard_errors.py",
    "test_worker_killed.py",
    "test_valkey_killed.py",
    "test_valkey_network.py",
    "test_whole_start.py",
    "test_general_failure.py",
    "test_operations.py",
    "test_templates.py",
    "test_worker_killed_in_bulk.py",
    "test_poison.py",
    "test_lost_reply.py",
    "test_wizard_keyboard.py",
    "test_live_pages.py",
]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What bin/faults asks for."""
    group = parser.getgroup("faults")
    group.addoption("--fault", default="", help="play these scenarios, long tests too: F1,F5")
    group.addoption("--fault-seed", type=int, default=1, help="what is left to chance")
    group.addoption("--fault-report", default="", help="a file to write a JSON line a test to")


def pytest_configure(config: pytest.Config) -> None:
    """Choose where the first stack leaves a prepared folder for the others."""
    prepared.begin(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it."""
    prepared.end(config)


def chromium() -> str:
    """Return the path of an installed Chromium or Chrome, or ""."""
    chosen = [os.environ.get("CHROMIUM", ""), *map(shutil.which, CHROMIUM_NAMES), CHROMIUM_ON_MACOS]
    return next((path for path in chosen if path and Path(path).exists()), "")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test asks for, so that no mark is forgotten; the longest files go first.

    A worker takes a file at a time: one of these, taken last, would be waited for by all.
    """
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & {"page", "context", "browser", "new_context"}:
            item.add_marker("browser")
        if asked & {"stack", "start_stack"}:
            item.add_marker("stack")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none."""
    if item.get_closest_marker("browser") and not chromium():
        pytest.skip("no Chromium or Chrome is installed")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The installed Chromium, without the requests that a browser makes of its own accord."""
    # Playwright's event loop lives on in this thread, and Django would refuse every query in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update"]
    if os.getuid() == 0:
        flags.append("--no-sandbox")  # Chromium's own sandbox refuses to run as root
    return {**browser_type_launch_args, "executable_path": chromium(), "args": flags}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The whole product as processes, shared by the tests of a module."""
    with running_stack() as running:
        yield running


@pytest.fixture
def start_stack() -> Callable[..., AbstractContextManager[Stack]]:
    """`with start_stack(FSDEST_SWEEP_EVERY_S="1") as stack:` for a test that breaks its own."""
    return running_stack


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show with a failure what the processes had to say."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    running = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(running, Stack):
        report.sections.append(("The stack's logs", running.tails()))
