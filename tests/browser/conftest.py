"""What the browser tests share: a person who is logged in, and a console that must stay quiet."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

from tests.running import Stack

pytest.register_assert_rewrite("tests.browser.wizard")


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console says; at the end, no error and no CSP violation is among it."""
    said: list[str] = []

    def listen(word: ConsoleMessage) -> None:
        # A request that newer typing replaced; one that failed says htmx:sendError as well.
        is_replaced = word.text.startswith(("htmx:afterRequest,", "htmx:sendAbort,"))
        is_correction = "status of 422" in word.text  # the page says what to correct
        if word.type in {"error", "warning"} and not (is_replaced or is_correction):
            said.append(word.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield said
    assert said == []


@pytest.fixture(scope="module")
def logged_in(browser: Browser, stack: Stack) -> StorageState:
    """The cookies of the user demo, who logs in once for all tests of a module."""
    page = browser.new_page()
    page.goto(stack.url)
    page.get_by_label("Username").fill(stack.username)
    page.get_by_label("Password").fill(stack.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/flows/")
    found = page.context.storage_state()
    page.close()
    return found


@pytest.fixture
def person(page: Page, stack: Stack, logged_in: StorageState, complaints: list[str]) -> Page:
    """The user demo, logged in, at 1440 by 900 pixels."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.context.add_cookies(logged_in["cookies"])
    page.goto(f"{stack.url}/flows/")
    return page


@pytest.fixture
def users_csv(tmp_path: Path) -> Callable[..., Path]:
    """`users_csv(10_000, bad={5: {"email": ...}})`: a file of users u-0, u-1, ..."""

    def write(
        count: int, bad: dict[int, dict[str, str]] | None = None, name: str = "people"
    ) -> Path:
        path = tmp_path / f"{name}.csv"
        with path.open("w", newline="") as file:
            rows = csv.DictWriter(
                file, ["uid", "display_name", "email", "plan", "seats", "bad name"]
            )
            rows.writeheader()
            for n in range(count):
                row = {
                    "uid": f"u-{n}",
                    "display_name": f"User {n}",
                    "email": f"u{n}@example.com",
                    "plan": "pro" if n % 3 else "free",
                    "seats": str(n % 40),
                }
                rows.writerow(row | (bad or {}).get(n, {}))
        return path

    return write


@pytest.fixture
def sandbox(stack: Stack) -> Callable[[str], dict]:
    """`sandbox("uids")`: what the sandbox answers on its control interface, begun anew."""
    requests.post(f"{stack.sandbox_url}/_sandbox/reset", timeout=10)
    return lambda path: requests.get(f"{stack.sandbox_url}/_sandbox/{path}", timeout=30).json()


@pytest.fixture
def calls(sandbox: Callable[[str], dict]) -> Callable[[], list[dict]]:
    """`calls()`: what writes in the sandbox's ledger, oldest first."""
    return lambda: [each for each in sandbox("ledger")["requests"] if each["method"] != "GET"]


@pytest.fixture
def fault(stack: Stack, sandbox: Callable[[str], dict]) -> Callable[..., None]:
    """`fault(kind="status", status=401)`: from now on, until the sandbox begins anew."""

    def add(**what: object) -> None:
        requests.post(f"{stack.sandbox_url}/_sandbox/faults", json=what, timeout=5)

    return add


@pytest.fixture(scope="module")
def load(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """`load("Three", records)`: a nexset of that name with these records; returns the name."""

    def load(name: str, records: list[dict]) -> str:
        file = tmp_path_factory.mktemp("records") / "records.jsonl"
        file.write_text("\n".join(json.dumps(record) for record in records))
        loaded = stack.manage("load", str(file), "--nexset", name)
        assert loaded.returncode == 0, loaded.stderr
        return name

    return load
