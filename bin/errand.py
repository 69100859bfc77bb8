"""A program that runs once, to its end, while others start."""

import subprocess
from collections.abc import Mapping, Sequence


class Errand:
    """A process whose output is wanted when it is done; a process group of its own."""

    def __init__(self, what: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it. `what` names it in a sentence."""
        self.what = what
        self.output = self.errors = ""
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
            text=True,
        )

    @property
    def pid(self) -> int:
        """The process id, which is the group's too."""
        return self.process.pid

    @property
    def failed(self) -> bool:
        """Whether it ended with anything but 0."""
        return self.process.returncode != 0

    def has_ended(self, *, within_s: float) -> bool:
        """Wait a little; tell whether it is done and its output here."""
        try:
            self.output, self.errors = self.process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.communicate()

    def last_lines(self) -> str:
        """Return the end of what it complained about."""
        return "\n".join(self.errors.splitlines()[-15:])
