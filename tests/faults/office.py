"""A stack with what a test of a fault asks and says: send, look, pause, play a fault."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from tests.faults.evidence import read_looks
from tests.faults.proxy import Proxy
from tests.faults.servers import OwnSandbox, OwnValkey
from tests.running import ROOT, Stack

NOT_OURS = {"sandbox.state", "sandbox.jsonl"}  # the sandbox may know the key


class Office:
    """A running product, FullStory's side of it, a clerk to press buttons, and a watch."""

    def __init__(
        self,
        stack: Stack,
        *,
        proxies: Mapping[str, Proxy] | None = None,
        valkey: OwnValkey | None = None,
        sandbox: OwnSandbox | None = None,
        direct: Mapping[str, str] | None = None,
    ) -> None:
        """`direct` is how clerk and watch reach what the product reaches through a proxy."""
        self.stack = stack
        self.proxies, self.valkey = dict(proxies or {}), valkey
        self.sandbox_url = sandbox.url if sandbox else stack.sandbox_url
        self.holds: list[float] = []  # seconds, as the faults that were played ask for
        self.mended_at: list[float] = []
        self.runs = 0
        self._session = requests.Session()
        self._session.trust_env = False
        self._env = stack.env | {"DJANGO_SETTINGS_MODULE": "fsdest.settings", **(direct or {})}
        self._clerk = self._start("clerk", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._looks = stack.data / "watch.jsonl"
        self._looks.touch()
        self._watch = self._start("watch", str(self._looks), stdin=subprocess.DEVNULL)
        self._canary = secrets.token_hex(16)
        self.ask("use_key", key=f"na1.admin.{self._canary}/DEMO")

    def _start(self, module: str, *args: str, **pipes: int) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", f"tests.faults.{module}", *args]
        return subprocess.Popen(argv, env=self._env, cwd=ROOT, text=True, **pipes)

    def close(self) -> None:
        """Let the clerk and the watch go."""
        self._watch.kill()
        self._watch.wait()
        self._clerk.communicate(timeout=30)
        self._session.close()

    def ask(self, order: str, **arguments: object) -> Any:
        """Give the clerk an order and return the answer."""
        assert self._clerk.stdin is not None
        assert self._clerk.stdout is not None
        self._clerk.stdin.write(json.dumps([order, arguments]) + "\n")
        self._clerk.stdin.flush()
        line = self._clerk.stdout.readline()
        assert line, f"the clerk died of {order}{arguments}"
        is_done, answer = json.loads(line)
        assert is_done, answer
        return answer

    def looks(self) -> list[dict[str, Any]]:
        """Return what the watch has seen, oldest first."""
        return read_looks(self._looks.read_text())

    def children(self, name: str) -> list[int]:
        """Return the process ids of what a service started (Linux only)."""
        tasks = Path(f"/proc/{self.stack.pid(name)}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]

    def signal_with_children(self, name: str, number: int) -> int:
        """Send a signal to a service and what it started; return the service's process id."""
        pid = self.stack.pid(name)
        for each in [*self.children(name), pid]:
            with suppress(ProcessLookupError):
                os.kill(each, number)
        return pid

    def kill_children(self, name: str) -> int:
        """Kill what a service started; return the service's process id."""
        for child in self.children(name):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return self.stack.pid(name)

    def kill_with_children(self, name: str) -> int:
        """Kill a service and what it started; return the process id that it had."""
        return self.signal_with_children(name, signal.SIGKILL)

    def fullstory(self, path: str) -> Any:
        """Ask the sandbox's control interface."""
        return self._session.get(f"{self.sandbox_url}/_sandbox/{path}", timeout=20).json()

    def tell_fullstory(self, path: str, body: object = None) -> Any:
        """Tell the sandbox's control interface something."""
        url = f"{self.sandbox_url}/_sandbox/{path}"
        return self._session.post(url, json=body, timeout=20).json()

    def play(self, **fault: Any) -> None:
        """Put a fault in force; see the sandbox's README for its fields."""
        answer = self.tell_fullstory("faults", fault)
        assert "id" in answer, answer
        asked = str(fault.get("headers", {}).get("Retry-After", ""))
        if fault.get("status") == 429:
            self.holds.append(float(asked) if asked.isdecimal() else 0.0)

    def stop_playing(self) -> None:
        """Take all faults out of force."""
        self._session.delete(f"{self.sandbox_url}/_sandbox/faults", timeout=20)

    def mended(self) -> None:
        """Remember that the fault has ended: from now on the product has to recover."""
        self.mended_at.append(time.time())

    def begin_afresh(self) -> None:
        """Let FullStory forget everything, its faults too."""
        self.tell_fullstory("reset")
        self.runs = 0
        self.holds.clear()
        self.mended_at.clear()

    def stop_everything(self) -> None:
        """Leave nothing that goes on sending, and no fault in force."""
        self.stop_playing()
        self.ask("pause_all")

    def effects(self) -> int:
        """Return how much FullStory has done so far."""
        count: int = self.fullstory("state")["effects"]
        return count

    def find_the_secret(self) -> list[str]:
        """Return where the credential's key can be read: in files, in rows, in kept calls."""
        secret = self._canary.encode()
        files = [
            str(path.relative_to(self.stack.data))
            for path in self.stack.data.rglob("*")
            if path.is_file() and path.name not in NOT_OURS and secret in path.read_bytes()
        ]
        return [*files, *self.ask("sealed_secrets", secret=self._canary)]
