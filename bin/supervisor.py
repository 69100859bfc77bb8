"""Starts services in order, keeps them running, stops them in reverse order.

What dies is started again after a pause that doubles. A service that does not answer within its
time at the first start ends everything with a sentence.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from console import Console
from errand import Errand
from service import Service

TICK_S = 0.1
TELL_AFTER_S = 4.0
WARDEN = Path(__file__).with_name("warden.py")


class DidNotStart(Exception):
    """A service ended or stayed silent at the first start; the text is for the console."""


class Supervisor:
    """Runs services until a signal asks it to stop. To be used from the main thread."""

    def __init__(
        self, *, environment: Mapping[str, str], console: Console, state: Path, lock: int
    ) -> None:
        """Keep process ids in the file `state`; the warden holds `lock` open as long as we do."""
        self.environment, self.console, self.state, self.lock = environment, console, state, lock
        self.facts: dict[str, object] = {}  # what else the state file tells
        self.services: list[Service] = []
        self.asked_to_stop = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        self.warden = self._start_warden()

    def _ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop += 1  # a second time: without grace

    def _start_warden(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-S", "-E", str(WARDEN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self.lock,),
            text=True,
        )

    def _tell_warden(self, line: str) -> None:
        if self.warden.stdin:
            with contextlib.suppress(BrokenPipeError):  # it is replaced at the next tick
                self.warden.stdin.write(line + "\n")
                self.warden.stdin.flush()

    def launch(self, service: Service) -> None:
        """Start a service without waiting for it."""
        if service not in self.services:
            self.services.append(service)
        service.start(self.environment, self.console)
        self._tell_warden(f"+{service.pid}")
        self.write_state()

    def wait_for(self, service: Service) -> None:
        """Wait until a launched service answers.

        Raises DidNotStart if it ends or `within_s` pass, KeyboardInterrupt if asked to stop.
        """
        until = service.started_at + service.within_s
        while not service.probe():
            if self.asked_to_stop:
                raise KeyboardInterrupt
            if service.has_ended or time.monotonic() > until:
                time.sleep(TICK_S)  # let its last words arrive
                how = "ended" if service.has_ended else f"is silent after {service.within_s:.0f} s"
                raise DidNotStart(
                    f"{service.name} did not start: it {how}. Its last lines:\n"
                    + self.console.last_lines(service.name)
                )
            time.sleep(0.02)
        service.is_ready = True
        self.write_state()

    def begin(self, what: str, argv: Sequence[str]) -> Errand:
        """Start a program that runs to its end. What it prints is kept nowhere."""
        self.console.say(f"{what}.")
        errand = Errand(what, argv, self.environment)
        self._tell_warden(f"+{errand.pid}")
        return errand

    def finish(self, errand: Errand) -> str:
        """Wait for a program that was begun, and return what it printed.

        Raises DidNotStart if it fails, KeyboardInterrupt if asked to stop meanwhile.
        """
        try:
            while not errand.has_ended(within_s=TICK_S):
                if self.asked_to_stop:
                    errand.kill()
                    raise KeyboardInterrupt
        finally:
            self._tell_warden(f"-{errand.pid}")
        if errand.failed:
            raise DidNotStart(f"{errand.what} failed. Its last lines:\n{errand.last_lines()}")
        return errand.output

    def watch(self) -> None:
        """Start again what ends, until asked to stop."""
        while not self.asked_to_stop:
            for service in self.services:
                self._look_after(service)
            if self.warden.poll() is not None:
                self.warden = self._start_warden()
                for service in self.services:
                    self._tell_warden(f"+{service.pid}")
            time.sleep(TICK_S)

    def _look_after(self, service: Service) -> None:
        if service.has_ended and not service.due_at:
            service.kill_group()
            self._tell_warden(f"-{service.pid}")
            pause = service.pause_s()
            service.due_at = time.monotonic() + pause
            code = service.process.returncode if service.process else None
            self.console.say(f"{service.name} ended ({code}); starting it again in {pause:g} s.")
        elif service.has_ended and time.monotonic() >= service.due_at:
            service.due_at = 0
            self.launch(service)
        elif not service.has_ended and not service.is_ready and service.probe():
            service.is_ready = True
            self.write_state()

    def stop(self) -> None:
        """Stop everything in reverse order of start; nothing is left when this returns."""
        for _, stage in groupby(reversed(self.services), key=lambda service: service.stage):
            self._stop(list(stage))
        if self.warden.stdin:
            self.warden.stdin.close()
        self.warden.wait()
        self.state.unlink(missing_ok=True)

    def _stop(self, stage: list[Service]) -> None:
        """End the services of one stage side by side: ask, give grace, kill."""
        for service in stage:
            service.ask_to_end()
        began = time.monotonic()
        asked, told = max(1, self.asked_to_stop), False
        while any(service.wants_grace(time.monotonic() - began) for service in stage):
            if self.asked_to_stop > asked:
                break
            if time.monotonic() - began > TELL_AFTER_S and not told:
                told = True
                left = ", ".join(service.name for service in stage if not service.has_ended)
                self.console.say(f"{left}: finishing what has begun. Ctrl-C again kills it.")
            time.sleep(0.02)
        for service in stage:
            service.kill_group()
            self._tell_warden(f"-{service.pid}")

    def write_state(self) -> None:
        """Tell in one file, replaced whole, what runs: for tests and for people."""
        services = {
            s.name: {"pid": s.pid, "starts": s.starts, "ready": s.is_ready} for s in self.services
        }
        fresh = self.state.with_suffix(".new")
        fresh.touch(mode=0o600)  # the address of Valkey holds its password
        fresh.write_text(
            json.dumps({"supervisor": os.getpid(), **self.facts, "services": services}, indent=1)
        )
        fresh.replace(self.state)
