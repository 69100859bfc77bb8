"""The disk is full: nothing is accepted that cannot be kept, and with room the run goes on.

The product's folder lies on a small file system in memory, which takes the rights of root to mount.
"""

import os
import sqlite3
import subprocess
import time

import pytest

from tests.faults.staff import slow_down

MIB = 2**20
SIZE_MIB = 160
FULL_S = 8.0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(place)]
    if os.getuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a file system may not be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place) -> None:
    """Leave no room."""
    with (place / "ballast").open("wb", buffering=0) as ballast:
        for size in (MIB, 4096):
            try:
                while True:
                    ballast.write(bytes(size))
            except OSError:
                continue


@pytest.mark.stack
@pytest.mark.fault("F10")
@pytest.mark.timeout(300)
def test_a_run_outlives_a_full_disk(small_disk, start_office, send_users):
    with start_office(proxied=["sandbox"], FSDEST_DATA=str(small_disk)) as office:
        slow_down(office)
        run = send_users(office, users=6_000, bad=3)
        run.wait_for_effects(300)
        fill(small_disk)
        time.sleep(FULL_S)
        (small_disk / "ballast").unlink()
        office.mended()

        run.wait_for_end(within_s=120)

        run.check_the_books()
        if "DATABASE_URL" not in os.environ:
            with sqlite3.connect(small_disk / "fsdest.sqlite3") as connection:
                assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
