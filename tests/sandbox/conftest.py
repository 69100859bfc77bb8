"""Sandboxes as processes of their own, and a client that says as little as possible."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20


@dataclass
class Client:
    """Calls one sandbox as the holder of a key; `control` is its own interface."""

    url: str
    role: str = "admin"
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def as_(self, role: str) -> "Client":
        return Client(self.url, role, self.session)

    def __call__(
        self, line: str, json: object = None, *, key: str | None = None, **options: object
    ) -> requests.Response:
        """`client("POST /v2/users", {"uid": "a"}, key="idempotency key")`."""
        method, path = line.split(" ", 1)
        headers = {"Authorization": f"Basic na1.{self.role}.test/ACME"}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= options.pop("headers", {})  # type: ignore[operator]
        options = {"timeout": 10, "json": json} | options
        return self.session.request(method, self.url + path, headers=headers, **options)  # type: ignore[arg-type]

    def control(self, line: str, json: object = None) -> dict:
        method, path = line.split(" ", 1)
        reply = self.session.request(method, f"{self.url}/_sandbox/{path}", json=json, timeout=10)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def effects(self, **of: object) -> list[dict]:
        """The effects in order; `of` picks those with these values."""
        found = self.control("GET effects")["effects"]
        return [each for each in found if all(each.get(k) == v for k, v in of.items())]

    def play(self, kind: str, **fault: object) -> None:
        self.control("POST faults", {"kind": kind} | fault)

    def set(self, **settings: object) -> None:
        self.control("POST settings", settings)

    def finish(self, path: str) -> dict:
        """Wait for an import job's end; return its last status."""
        return eventually(
            lambda: (
                status if (status := self(f"GET {path}").json())["job"].get("finished") else None
            )
        )


def eventually(answer: Callable[[], object]) -> object:
    """Return the first answer that is true. Fails when patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := answer()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return found


@dataclass
class Running:
    """A sandbox that runs."""

    process: subprocess.Popen
    client: Client

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def spawn(*argv: str) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-m", "fsdest.sandbox", "--port", "0", *argv],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()  # "sandbox: http://127.0.0.1:1234/_sandbox/"
    client = Client(line.split()[1].removesuffix("/_sandbox/"))
    eventually(lambda: _answers(client))
    return Running(process, client)


def _answers(client: Client) -> bool:
    try:
        return client.session.get(f"{client.url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    sandbox = spawn()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(running: Running) -> Client:
    """An admin of a sandbox that knows nothing yet; its jobs are done at once."""
    running.client.control("POST reset")
    running.client.set(**DEFAULTS)
    running.client.set(job_s=0)
    return running.client


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start a sandbox of one's own: `start("--fast")`."""
    started: list[Running] = []

    def begin(*argv: str) -> Running:
        started.append(spawn(*argv))
        return started[-1]

    yield begin
    for sandbox in started:
        if sandbox.process.poll() is None:
            sandbox.stop()


@pytest.fixture(scope="session", autouse=True)
def _remember_defaults(running: Running) -> None:
    DEFAULTS.update(running.client.control("GET settings"))


DEFAULTS: dict[str, object] = {}


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], object]:
    return eventually


def matches(got: object, wanted: object) -> bool:
    """Tell whether `got` has the shape `wanted`.

    A type stands for any value of it, a list of one thing for a list of such things, `...` as a key
    for any further keys; all else for itself.
    """
    match wanted:
        case type():
            return isinstance(got, wanted) and not (wanted is int and isinstance(got, bool))
        case dict():
            if not isinstance(got, dict):
                return False
            named = {key: value for key, value in wanted.items() if key is not ...}
            if not (... in wanted or got.keys() == named.keys()):
                return False
            return all(key in got and matches(got[key], value) for key, value in named.items())
        case [one]:
            return isinstance(got, list) and bool(got) and all(matches(each, one) for each in got)
        case _:
            return got == wanted and type(got) is type(wanted)


@dataclass(frozen=True)
class Fact:
    """A row of a conformance table: what FullStory's documentation says of one call."""

    section: str  # of the notes on FullStory's API, where the source of the fact is
    says: str
    call: str  # "METHOD /path"; {names} are replaced by ids that the table's world has
    body: object = None
    status: int = 200
    shape: object = ...  # see `matches`; ... for any
    role: str = "admin"
    key: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.section} {self.says}"


def _check(fact: Fact, client: Client, names: dict[str, str]) -> None:
    line = fact.call.format(**names) if names else fact.call
    raw = isinstance(fact.body, bytes)
    options = {"data": fact.body} if raw else {"json": fact.body}
    reply = client.as_(fact.role)(line, key=fact.key, headers=fact.headers, **options)
    assert reply.status_code == fact.status, reply.text
    if fact.shape is not ...:
        got = reply.json() if reply.content else None
        assert matches(got, fact.shape), got


@pytest.fixture
def check() -> Callable[[Fact, Client, dict[str, str]], None]:
    return _check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each row of a module's FACTS, tuples of what a Fact is made of, to `fact`."""
    if "fact" in metafunc.fixturenames:
        facts = [
            Fact(*row[:3], **(row[3] if len(row) > 3 else {})) for row in metafunc.module.FACTS
        ]
        metafunc.parametrize("fact", facts, ids=str)
