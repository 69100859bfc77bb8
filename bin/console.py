"""Where lines go: each service's to its own log file, and to the console under its name."""

import sys
import threading
from collections import deque
from pathlib import Path
from typing import TextIO

LOG_BYTES = 10_000_000  # then the file becomes NAME.log.1 and a new one begins
NAME_WIDTH = 7


class Console:
    """Takes lines from several threads. A console that went away is no reason to fail."""

    def __init__(self, logs: Path, *, quiet: bool) -> None:
        """Write log files below `logs`; a quiet console shows our own words only."""
        logs.mkdir(parents=True, exist_ok=True)
        self.logs, self.quiet = logs, quiet
        self._files: dict[str, TextIO] = {}
        self._tails: dict[str, deque[str]] = {}
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Say something of our own."""
        for line in text.splitlines():
            self.pass_on("fsdest", line, aloud=True)

    def pass_on(self, name: str, line: str, *, aloud: bool) -> None:
        """Keep one line of a service's output and, if `aloud`, show it."""
        with self._lock:
            self._tails.setdefault(name, deque(maxlen=15)).append(line)
            self._keep(name, line)
            if aloud and (name == "fsdest" or not self.quiet):
                self._show(f"{name:{NAME_WIDTH}} | {line}")

    def last_lines(self, name: str) -> str:
        """Return the last lines of a service's output."""
        with self._lock:
            return "\n".join(self._tails.get(name, ()))

    def _keep(self, name: str, line: str) -> None:
        path = self.logs / f"{name}.log"
        file = self._files.get(name)
        if file and file.tell() > LOG_BYTES:
            file.close()
            path.replace(path.with_suffix(".log.1"))
            file = None
        if file is None:
            file = self._files[name] = path.open("a", encoding="utf-8")
        file.write(line + "\n")
        file.flush()

    def show(self, text: str) -> None:
        """Show a text on the console only: it may hold a password."""
        with self._lock:
            self._show(text)

    def _show(self, line: str) -> None:
        try:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            self.quiet = True
