"""Production without Docker's engine: docs/operating.md is followed literally in a fresh folder.

The same processes, commands, environment and secrets as docker-compose.yml has them, on PostgreSQL
and a Valkey with a password, with two workers. Only the sandbox stands in for FullStory.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import ROOT, free_port

HERE = Path(__file__).parent
TEXT = (ROOT / "docs" / "operating.md").read_text()
PER_SECOND = 1_000  # where something has to happen while records are sent
SHIM = '#!/bin/sh\n[ "$1" = compose ] && shift && exec {python} {compose} "$@"\n'
MAKE = """
from fsdest.models import Credential, Organization
acme = Organization.objects.create(name="Acme")
for name, rate in (("Fast", None), ("Slow", {rate})):
    credential = Credential(organization=acme, name=name, target="sandbox", per_second=rate)
    credential.seal("na1.admin.smoke/SMOKE")
    credential.save()
"""


def blocks(heading: str, kind: str = "") -> list[str]:
    """Return the commands below a heading of the page, without those that say "not tested"."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert section, heading
    found = re.findall(rf"^```sh{kind}\n(.*?)^```$", section.group(1), re.MULTILINE | re.DOTALL)
    return [re.sub(r"^.*# not tested$", "", block, flags=re.MULTILINE) for block in found]


class Deployment:
    """A fresh folder in which somebody follows the page."""

    def __init__(self, folder: Path, sandbox_url: str) -> None:
        self.folder, self.sandbox_url = folder, sandbox_url
        listed = subprocess.check_output(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
        )
        for name in listed.splitlines():
            if not name.startswith("tests/") and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        shutil.copy(HERE / "on_sandbox.py", folder)
        programs = folder / ".programs"
        programs.mkdir()
        shim = SHIM.format(python=sys.executable, compose=HERE / "compose.py")
        (programs / "docker").write_text(shim)
        (programs / "docker").chmod(0o755)
        self.env = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"),
            "DJANGO_SETTINGS_MODULE": "on_sandbox",
            "FULLSTORY_SANDBOX_URL": sandbox_url,
        }

    def sh(self, script: str) -> str:
        """Run commands as they stand on the page, to the first that fails."""
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}\n{self.tails()}"
        return done.stdout

    def manage(self, *args: str) -> str:
        """Run a command of manage.py in a container of the web."""
        words = " ".join(f"'{word}'" for word in args)
        return self.sh(f"docker compose exec -T web python manage.py {words}")

    def write_users(self, name: str, count: int) -> None:
        """Write a file of invented users."""
        lines = (f"{name}-{n},{name}.{n}@example.com,pro" for n in range(count))
        (self.folder / f"{name}.csv").write_text("\n".join(["uid,email,plan", *lines]) + "\n")

    def begin(self, name: str, count: int) -> subprocess.Popen[str]:
        """Start to send users slowly."""
        self.write_users(name, count)
        command = (
            "docker compose exec -T web python manage.py send --endpoint create-or-update-user"
        )
        argv = f"{command} --credential Slow --wait --json {name}.csv".split()
        return subprocess.Popen(
            argv, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True
        )

    def books(self) -> list[dict[str, object]]:
        """Return every account; the command fails where one does not balance."""
        return json.loads(self.manage("checkbooks", "--json"))

    def users(self) -> int:
        """Return how many users the sandbox has."""
        with urllib.request.urlopen(f"{self.sandbox_url}/_sandbox/state", timeout=10) as reply:
            return int(json.load(reply)["users"])

    def asks_web(self, path: str) -> int:
        """Ask the web as the proxy would; return the status."""
        port = json.loads((self.folder / ".compose" / "ports.json").read_text())["web"]
        web = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        web.request("GET", path, headers={"X-Forwarded-Proto": "https", "Host": "localhost"})
        return web.getresponse().status

    def log(self, service: str) -> str:
        return (self.folder / ".compose" / "logs" / service).read_text()

    def tails(self) -> str:
        logs = sorted((self.folder / ".compose" / "logs").glob("*"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in logs)


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    port = free_port()
    argv = [sys.executable, "-m", "fsdest.sandbox", "--port", str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()  # it tells its address once it listens
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(scope="session")
def deployment(sandbox_url: str) -> Iterator[Deployment]:
    """What the page's first chapter makes."""
    # PostgreSQL, as another user, has to reach its folder, which none of pytest's lets it.
    with tempfile.TemporaryDirectory(prefix="fsdest-operating-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        deployment = Deployment(folder, sandbox_url)
        try:
            for block in blocks("Start"):
                deployment.sh(block)
            deployment.manage("shell", "-c", MAKE.format(rate=PER_SECOND))
            yield deployment
        finally:
            deployment.sh("docker compose down --timeout 3")


@pytest.fixture(scope="session")
def chapter() -> Callable[..., list[str]]:
    """`chapter("Restore")` are the blocks of commands of a chapter of docs/operating.md."""
    return blocks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs all of it, and minutes rather than seconds."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker("production")
            item.add_marker(pytest.mark.timeout(300))
