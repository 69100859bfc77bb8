"""Tests break a whole running product, let it mend itself, and look at the books afterwards.

How to add a scenario is told in scenarios.py; `bin/faults` plays them one after another.
"""

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.faults import scenarios
from tests.faults.books import CHECKED, Run
from tests.faults.office import Office
from tests.faults.proxy import HOST, Proxy
from tests.faults.servers import OwnSandbox, OwnValkey
from tests.faults.staff import slow_down
from tests.running import fresh_database, running_stack

QUICK = {"FSDEST_CALL_DEADLINE_S": "3"}  # and so a lease of nine seconds
PORT_OF_POSTGRES = 5432  # part of its socket's name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the scenarios asked for, or else what bin/test plays each time."""
    asked = set(filter(None, config.getoption("--fault").split(",")))
    dropped = []
    for item in [*items]:
        mark = item.get_closest_marker("fault")
        if mark is None:
            is_wanted = not asked
        elif asked:
            is_wanted = mark.args[0] in asked
        else:
            is_wanted = mark.kwargs.get("each_time", mark.args[0] in scenarios.EACH_TIME)
        if not is_wanted:
            items.remove(item)
            dropped.append(item)
    config.hook.pytest_deselected(items=dropped)


@contextmanager
def open_office(
    *,
    proxied: Iterable[str] = (),
    own_valkey: bool = False,
    keeps: bool = True,
    **environment: str,
) -> Iterator[Office]:
    """A product of a test's own, behind proxies to what `proxied` names: valkey, database, sandbox.

    With `own_valkey` the supervisor leaves Valkey to the test; it `keeps` a file or not.
    """
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="fsdest-office-")))
        proxies: dict[str, Proxy] = {}
        direct: dict[str, str] = {}
        valkey = sandbox = None
        if own_valkey or "valkey" in proxied:
            valkey = held.enter_context(OwnValkey(folder / "valkey", keeps=keeps))
            environment["REDIS_URL"] = direct["REDIS_URL"] = valkey.url()
        if "valkey" in proxied and valkey:
            proxies["valkey"] = held.enter_context(Proxy((HOST, valkey.port)))
            environment["REDIS_URL"] = valkey.url(proxies["valkey"].port)
        if "sandbox" in proxied:
            sandbox = held.enter_context(OwnSandbox(folder / "sandbox"))
            proxies["sandbox"] = held.enter_context(Proxy((HOST, sandbox.port)))
            environment["FULLSTORY_SANDBOX_URL"] = f"http://{HOST}:{proxies['sandbox'].port}"
        if "database" in proxied:
            direct |= held.enter_context(fresh_database())
            proxies["database"] = held.enter_context(Proxy(_socket(direct["DATABASE_URL"])))
            there = urlsplit(direct["DATABASE_URL"])
            here = there._replace(netloc=f"postgres@{HOST}:{proxies['database'].port}")
            environment["DATABASE_URL"] = urlunsplit(here)
        stack = held.enter_context(running_stack(**QUICK | environment))
        office = Office(stack, proxies=proxies, valkey=valkey, sandbox=sandbox, direct=direct)
        held.callback(office.close)
        for proxy in proxies.values():
            held.callback(proxy.play, "ok")  # so that the product can end in peace
        yield office


def _socket(url: str) -> str:
    """Return the path of the socket of the server in a DATABASE_URL."""
    folder = urlsplit(url).netloc.rpartition("@")[2]
    return f"{folder.replace('%2F', '/').replace('%2f', '/')}/.s.PGSQL.{PORT_OF_POSTGRES}"


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


@pytest.fixture(scope="module")
def proxied() -> list[str]:
    """What lies behind a proxy for the `slowed_office` of a module."""
    return []


@pytest.fixture(scope="module")
def office_of_module(
    start_office: Callable[..., AbstractContextManager[Office]], proxied: list[str]
) -> Iterator[Office]:
    """A product for the tests of one module that spoil what it stands on, and mend it."""
    with start_office(proxied=proxied) as office:
        yield office


@pytest.fixture
def slowed_office(office_of_module: Office) -> Iterator[Office]:
    """It has forgotten everything, and each call for a user takes a while; mended at the end."""
    office_of_module.begin_afresh()
    slow_down(office_of_module)
    yield office_of_module
    for proxy in office_of_module.proxies.values():
        proxy.play("ok")
    office_of_module.stop_everything()


@pytest.fixture
def send_users(tmp_path: Path) -> Callable[..., Run]:
    """`send_users(office, users=100, bad=3)` starts a delivery and does not wait for it."""

    def send(office: Office, **what: object) -> Run:
        return Run(office, tmp_path, **what)  # type: ignore[arg-type]  # as Run takes it

    return send


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """What draws what a test leaves to chance; `--fault-seed` repeats it."""
    return random.Random(f"{request.config.getoption('--fault-seed')} {request.node.name}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show with a failure what the processes had to say, and tell bin/faults what came of it."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    office = getattr(item, "funcargs", {}).get("office")
    if report.failed and isinstance(office, Office):
        report.sections.append(("The processes' logs", office.stack.tails()))
    if call.when == "setup":
        CHECKED.clear()
    _write_report(item, report)


def _write_report(item: pytest.Item, report: pytest.TestReport) -> None:
    file, mark = item.config.getoption("--fault-report"), item.get_closest_marker("fault")
    if not file or mark is None:
        return
    line = {
        "fault": mark.args[0],
        "test": item.name,
        "when": report.when,
        "seconds": report.duration,
        "outcome": report.outcome,
        "words": str(getattr(report.longrepr, "reprcrash", None) or report.longrepr or "")[:2000],
        "database": "postgres" if os.environ.get("DATABASE_URL") else "sqlite",
        "checked": len(CHECKED),
        "broken": sorted({name for wrong in CHECKED for name in wrong}),
    }
    with Path(file).open("a") as out:
        out.write(json.dumps(line) + "\n")
