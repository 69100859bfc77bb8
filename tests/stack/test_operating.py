"""docs/operating.md, followed literally in a fresh folder: production without Docker's engine.

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
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT, free_port, until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
TEXT = (ROOT / "docs" / "operating.md").read_text()
USERS = 10_000
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
        shutil.copy(ROOT / "tests" / "production.py", folder)
        programs = folder / ".programs"
        programs.mkdir()
        shim = SHIM.format(python=sys.executable, compose=ROOT / "tests" / "compose.py")
        (programs / "docker").write_text(shim)
        (programs / "docker").chmod(0o755)
        self.env = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"),
            "DJANGO_SETTINGS_MODULE": "production",
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


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    port = free_port()
    argv = [sys.executable, "-m", "fsdest.sandbox", "--port", str(port)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()  # it tells its address once it listens
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(scope="module")
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
            subprocess.run(
                ["docker", "compose", "down"], cwd=folder, env=deployment.env, check=True
            )


def test_production_is_up_clean_and_ready(deployment):
    for block in blocks("Look"):
        said = deployment.sh(block)

    assert "All books balance." in said
    until(lambda: deployment.asks_web("/readyz") == 200, what="readiness")
    assert deployment.asks_web("/login/") == 200
    plain = deployment.sh("docker compose exec -T web python manage.py diffsettings")
    assert "IS_DEVELOPMENT = False" in plain


def test_ten_thousand_users_are_delivered_by_two_workers(deployment):
    deployment.write_users("smoke", USERS)
    deployment.manage(
        *("send", "smoke.csv", "--endpoint", "create-or-update-user"),
        *("--credential", "Fast", "--wait", "--json"),
    )

    (account,) = deployment.books()
    assert (account["accepted"], account["delivered"]) == (USERS, USERS)
    assert deployment.users() == USERS
    for number in (1, 2):
        assert "reached offset" in deployment.log(f"worker-{number}"), "a worker had nothing to do"


def test_a_backup_of_a_running_delivery_is_restored_and_delivers_the_rest(deployment):
    before, restore = deployment.users(), blocks("Restore")[0]
    sending = deployment.begin("backup", 8_000)
    until(lambda: deployment.users() > before + 500, what="the first calls")

    for block in blocks("Back up"):
        deployment.sh(block)
    assert sending.wait(60) == 0
    first, rest = restore.split("docker compose up", 1)
    deployment.sh(first)
    deployment.sh(f"docker compose up{rest}")

    def sent() -> dict[str, object]:
        return next(each for each in deployment.books() if str(each["name"]).startswith("backup"))

    assert 0 < int(str(sent()["delivered"])) <= 8_000
    until(lambda: sent()["delivered"] == 8_000, within_s=150, what="the rest")
    assert deployment.users() == before + 8_000


def test_keys_are_replaced_while_records_are_sent(deployment):
    before, (rotate,) = deployment.users(), blocks("Replace the keys")
    old = (deployment.folder / "secrets" / "credential_keys").read_text().strip()
    sending = deployment.begin("rotation", 12_000)
    until(lambda: deployment.users() > before + 500, what="the first calls")

    said = deployment.sh(rotate)

    assert "Sealed 2 credentials with the newest key" in said
    assert "All books balance." in said
    assert sending.wait(120) == 0, deployment.tails()
    assert deployment.users() == before + 12_000
    assert all(each["is_balanced"] for each in deployment.books())
    assert old not in (deployment.folder / "secrets" / "credential_keys").read_text()
    opened = "from fsdest.models import Credential; [c.unseal() for c in Credential.objects.all()]"
    deployment.manage("shell", "-c", opened)


def test_an_upgrade_migrates_while_workers_run(deployment):
    for block in blocks("Upgrade"):
        deployment.sh(block)

    assert deployment.asks_web("/healthz") == 200
    assert all(each["is_balanced"] for each in deployment.books())


def test_no_secret_is_in_a_log(deployment):
    files = sorted((deployment.folder / "secrets").iterdir())
    secrets = [part for file in files for part in file.read_text().strip().split(",")]
    logs = "".join(log.read_text() for log in (deployment.folder / ".compose" / "logs").iterdir())
    assert [each[:4] for each in (*secrets, "na1.admin.smoke/SMOKE") if each in logs] == []
