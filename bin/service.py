"""One service: a process group of its own, how it starts and how one sees that it answers.

Its output goes to a log file and, prefixed with its name, to the console.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

from console import Console
from probes import Probe

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 30.0
LAST_WORDS_S = 2.0  # to read what a process said before it ended
STEADY_AFTER_S = 30.0  # the end of a service that ran this long is not one failure more


class Service:
    """One process group: how to start it, how to see that it answers, how long it may end."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        answers: Probe | None = None,
        answers_with: str = "",
        within_s: float = 45,
        grace_s: float = 10,
        hush: Sequence[str] = (),
        stage: str = "",
    ) -> None:
        """Answer by a probe, or by a line of output that contains `answers_with`.

        Neighbours of one stage stop side by side; `grace_s` is what each gets for it.
        Lines that contain a word of `hush` go to the log file only.
        """
        self.name, self.argv, self.answers_with = name, list(argv), answers_with
        self.within_s, self.grace_s, self.hush = within_s, grace_s, tuple(hush)
        self.stage = stage or name
        self.said_it = threading.Event()
        self.probe: Probe = answers or self.said_it.is_set
        self.process: subprocess.Popen[bytes] | None = None
        self.reader = threading.Thread()
        self.is_ready = False
        self.starts = self.failures = 0
        self.started_at = self.due_at = 0.0  # time.monotonic()

    def start(self, environment: Mapping[str, str], console: Console) -> None:
        """Start the process as the leader of a new group."""
        self.said_it.clear()
        self.is_ready = False
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
        self.starts += 1
        self.started_at = time.monotonic()
        self.reader = threading.Thread(target=self._read, args=(self.process, console), daemon=True)
        self.reader.start()

    def _read(self, process: subprocess.Popen[bytes], console: Console) -> None:
        for raw in process.stdout or ():
            line = raw.decode(errors="replace").rstrip()
            if self.answers_with and self.answers_with in line:
                self.said_it.set()
            console.pass_on(self.name, line, aloud=not any(word in line for word in self.hush))

    @property
    def pid(self) -> int:
        """The leader's process id, which is the group's too; 0 before the first start."""
        return self.process.pid if self.process else 0

    @property
    def has_ended(self) -> bool:
        """Whether the leader is gone."""
        return self.process is None or self.process.poll() is not None

    def ask_to_end(self) -> None:
        """Ask the leader alone: its children would die of the signal instead of finishing."""
        if self.process and not self.has_ended:
            self.process.terminate()

    def wants_grace(self, waited_s: float) -> bool:
        """Whether it still runs and may, `waited_s` after it was asked to end."""
        return not self.has_ended and waited_s < self.grace_s

    def kill_group(self) -> None:
        """Kill what is left of the group: a dead worker's children must not go on alone."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.reader.join(LAST_WORDS_S)

    def pause_s(self) -> float:
        """Return the pause before the next start, counting this failure."""
        if time.monotonic() - self.started_at > STEADY_AFTER_S:
            self.failures = 0
        self.failures += 1
        return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self.failures - 1))
