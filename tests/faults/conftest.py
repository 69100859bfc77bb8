"""Tests break a whole running product, let it mend itself, and look at the books afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.faults.books import Office, Run
from tests.running import running_stack

QUICK = {"FSDEST_CALL_DEADLINE_S": "3"}  # and so a lease of nine seconds


@contextmanager
def open_office(**environment: str) -> Iterator[Office]:
    with running_stack(**QUICK | environment) as stack:
        office = Office(stack)
        try:
            yield office
        finally:
            office.close()


@pytest.fixture(scope="session")
def shared_office() -> Iterator[Office]:
    """One product for the tests that leave its processes as they were."""
    with open_office() as office:
        yield office


@pytest.fixture
def office(shared_office: Office) -> Iterator[Office]:
    """A product with a FullStory that has forgotten everything."""
    shared_office.begin_afresh()
    try:
        yield shared_office
    finally:
        shared_office.stop_everything()


@pytest.fixture(scope="session")
def start_office() -> Callable[..., AbstractContextManager[Office]]:
    """`with start_office() as office:` for a test that kills processes."""
    return open_office


@pytest.fixture
def send_users(tmp_path: Path) -> Callable[..., Run]:
    """`send_users(office, users=100, bad=3)` starts a delivery and does not wait for it."""

    def send(office: Office, **what: object) -> Run:
        return Run(office, tmp_path, **what)  # type: ignore[arg-type]  # as Run takes it

    return send


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show with a failure what the processes had to say."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    office = getattr(item, "funcargs", {}).get("office")
    if report.failed and isinstance(office, Office):
        report.sections.append(("The processes' logs", office.stack.tails()))
