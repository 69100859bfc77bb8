"""What every fault has to leave behind: books that balance, and a FullStory that agrees."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from tests.running import ROOT, Stack, until


class Office:
    """A stack with what a test of a fault asks and says: send, look, pause, play a fault."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._session = requests.Session()
        self._session.trust_env = False
        self._clerk = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.clerk"],
            env=stack.env | {"DJANGO_SETTINGS_MODULE": "fsdest.settings"},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """Let the clerk go."""
        self._clerk.communicate(timeout=10)
        self._session.close()

    def ask(self, order: str, **arguments: object) -> Any:
        """Give the clerk an order and return the answer."""
        assert self._clerk.stdin is not None
        assert self._clerk.stdout is not None
        self._clerk.stdin.write(json.dumps([order, arguments]) + "\n")
        self._clerk.stdin.flush()
        answer = self._clerk.stdout.readline()
        assert answer, f"the clerk died of {order}{arguments}"
        return json.loads(answer)

    def kill_children(self, name: str) -> int:
        """Kill what a service started; return the service's process id (Linux only)."""
        pid = self.stack.pid(name)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in task.read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
        return pid

    def kill_with_children(self, name: str) -> int:
        """Kill a service and what it started; return the process id that it had."""
        pid = self.kill_children(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def fullstory(self, path: str) -> Any:
        """Ask the sandbox's control interface."""
        return self._session.get(f"{self.stack.sandbox_url}/_sandbox/{path}", timeout=20).json()

    def tell_fullstory(self, path: str, body: object = None) -> Any:
        """Tell the sandbox's control interface something."""
        url = f"{self.stack.sandbox_url}/_sandbox/{path}"
        return self._session.post(url, json=body, timeout=20).json()

    def play(self, **fault: object) -> None:
        """Put a fault in force; see the sandbox's README for its fields."""
        answer = self.tell_fullstory("faults", fault)
        assert "id" in answer, answer

    def stop_playing(self) -> None:
        """Take all faults out of force."""
        self._session.delete(f"{self.stack.sandbox_url}/_sandbox/faults", timeout=20)

    def begin_afresh(self) -> None:
        """Let FullStory forget everything, its faults too."""
        self.tell_fullstory("reset")

    def stop_everything(self) -> None:
        """Leave nothing that goes on sending, and no fault in force."""
        self.stop_playing()
        self.ask("pause_all")

    def effects(self) -> int:
        """Return how much FullStory has done so far."""
        count: int = self.fullstory("state")["effects"]
        return count


class Run:
    """A delivery of users that a test broke something under."""

    def __init__(
        self,
        office: Office,
        folder: Path,
        *,
        users: int,
        bad: int = 0,
        endpoint: str = "create-or-update-user",
        batch_records: int = 0,
    ) -> None:
        """Send `users` users, of whom `bad`, spread evenly, cannot be taken by FullStory."""
        self.office = office
        self.users, self.bad = users, bad
        every = users // bad if bad else users + 1
        self.good_uids = {
            f"user-{n}" for n in range(users) if not bad or n % every or n >= every * bad
        }
        file = folder / "people.jsonl"
        file.write_text("".join(self._lines()))
        self.destination = office.ask(
            "send", file=str(file), endpoint=endpoint, batch_records=batch_records
        )

    def _lines(self) -> Iterator[str]:
        for n in range(self.users):
            uid = f"user-{n}"
            user: dict[str, object] = {"uid": uid, "display_name": f"User {n}", "visits": n}
            if uid not in self.good_uids:
                user["no name of a property"] = True  # which only FullStory finds out
            yield json.dumps(user) + "\n"

    @property
    def account(self) -> dict[str, Any]:
        """The balance and the status, as the destination's page shows them."""
        found: dict[str, Any] = self.office.ask("account", destination=self.destination)
        return found

    def wait_for_effects(self, count: int, *, within_s: float = 30) -> None:
        """Wait until FullStory has done `count` things."""
        until(lambda: self.office.effects() >= count, within_s=within_s, what=f"effect {count}")

    def wait_for_status(self, status: str, *, within_s: float = 10) -> None:
        """Wait until the destination says that it is `status`."""
        until(lambda: self.account["status"] == status, within_s=within_s, what=status)

    def wait_until_paused_or_active(self) -> None:
        """Wait until nothing is on its way to another status."""
        until(lambda: self.account["status"] in {"paused", "active"}, what="the last press")

    def wait_for_end(self, *, within_s: float) -> None:
        """Wait until every record is delivered, quarantined or skipped, by itself."""

        def is_done() -> bool:
            account = self.account
            settled = account["delivered"] + account["quarantined"] + account["skipped"]
            return bool(settled == account["accepted"])

        try:
            until(is_done, within_s=within_s, what="the end of the run")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{json.dumps(self.account, indent=1)}") from None

    def check_the_books(self) -> None:
        """Fail unless nothing was lost, nothing was done twice, and the books say the same."""
        self._check_the_balance()
        self._check_the_effects()
        check_the_keys(self.requests())

    def _check_the_balance(self) -> None:
        recounted = self.office.stack.manage("checkbooks", "--json")
        assert recounted.returncode == 0, recounted.stdout + recounted.stderr
        books = {each["destination"]: each for each in json.loads(recounted.stdout)}
        assert all(each["is_balanced"] for each in books.values())
        mine = books[self.destination]
        assert mine["accepted"] == self.users
        assert mine["delivered"] == len(self.good_uids)
        assert mine["quarantined"] == self.bad
        assert mine["pending"] == mine["parked"] == mine["in_jobs"] == mine["skipped"] == 0
        quarantined = self.office.ask("set_aside", destination=self.destination)
        assert len(quarantined) == self.bad
        assert not self.good_uids & set(quarantined)

    def _check_the_effects(self) -> None:
        effects = Counter(effect.get("uid") for effect in self._read("effects"))
        assert set(effects) == self.good_uids
        twice = {uid: n for uid, n in effects.items() if n != 1}
        assert not twice

    def requests(self) -> list[dict[str, Any]]:
        """Return all that reached FullStory, oldest first."""
        return self._read("requests")

    def _read(self, what: str) -> list[dict[str, Any]]:
        page = "ledger" if what == "requests" else what
        found: list[dict[str, Any]] = []
        while True:
            answer = self.office.fullstory(f"{page}?since={len(found)}&limit=10000")
            if not answer[what]:
                return found
            found += answer[what]


def check_the_keys(requests: list[dict[str, Any]]) -> None:
    """Fail if two different bodies travelled under one key, or a write without a key."""
    bodies: dict[str, set[str]] = defaultdict(set)
    for request in requests:
        if request["method"] == "POST":
            assert request["idempotency_key"], request
            bodies[request["idempotency_key"]].add(request["digest"])
    assert bodies, "nothing was sent at all"
    assert all(len(digests) == 1 for digests in bodies.values())
