"""The other production: `./bin/run` on one machine, backed up and restored as the page says."""

import subprocess

from tests.running import ROOT, Stack, running_stack, until

USERS = 20_000


def test_a_backup_of_sqlite_is_restored_and_delivers_the_rest(tmp_path, chapter):
    (backup,) = chapter("One machine without Docker", " sqlite")
    (restore,) = chapter("One machine without Docker", " sqlite-restore")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    lines = (f"user-{n},user.{n}@example.com" for n in range(USERS))
    (tmp_path / "users.csv").write_text("\n".join(["uid,email", *lines]))

    with running_stack(DATABASE_URL="") as first:
        (tmp_path / "var").symlink_to(first.data)
        send = ["send", str(tmp_path / "users.csv"), "--endpoint", "create-or-update-user"]
        first.manage(*send, "--credential", "FullStory sandbox")
        until(lambda: 0 < delivered(first) < USERS, what="the first calls")
        subprocess.run(["sh", "-euc", backup], cwd=tmp_path, check=True)
        until(lambda: delivered(first) == USERS, within_s=60, what="the delivery")
        first.stop()
        subprocess.run(["sh", "-euc", restore], cwd=tmp_path, check=True)
        second = Stack(first.data, {"DATABASE_URL": ""})
        try:
            second.wait_until_up()
            until(lambda: delivered(second) == USERS, within_s=120, what="the rest")
        finally:
            second.stop()


def delivered(stack: Stack) -> int:
    """Return how many records are delivered; the command fails where the books do not balance."""
    counted = stack.manage("checkbooks")
    assert counted.returncode == 0, counted.stdout + counted.stderr
    rows = [line.split() for line in counted.stdout.splitlines() if "users to" in line]
    return int(rows[0][1].replace(",", "")) if rows else 0
