"""Set traps in a running product and see that somebody fell into them; see planted.py."""

import json
import subprocess
import sys

from tests.faults.office import Office
from tests.faults.planted import folder
from tests.running import ROOT, until

SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.faults.planted_settings"}


class Traps:
    """The traps for one point, in an office that was started with SETTINGS."""

    def __init__(self, office: Office, point: str, *, times: int) -> None:
        self._folder, self._point = folder(office.stack.data), point
        self._folder.mkdir(exist_ok=True)
        for n in range(times):
            (self._folder / f"{point}.{n}").touch()

    @property
    def left(self) -> int:
        """How many are still set."""
        return sum(1 for _ in self._folder.glob(f"{self._point}.*"))

    def wait_until_sprung(self, *, within_s: float = 60) -> None:
        """Wait until a process has died in each."""
        until(lambda: not self.left, within_s=within_s, what=f"all deaths {self._point}")

    def clear(self) -> None:
        """Take those away that are left."""
        for trap in self._folder.glob("*"):
            trap.unlink(missing_ok=True)


def press(office: Office, order: str, **arguments: object) -> int:
    """Give an order to a clerk of its own, who may die of it; return how the process ended."""
    environment = office.stack.env | {"REDIS_URL": str(office.stack.state()["redis_url"])}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.clerk"],
        env=environment,
        cwd=ROOT,
        input=json.dumps([order, arguments]) + "\n",
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 0:
        is_done, answer = json.loads(done.stdout)
        assert is_done, answer
    return done.returncode
