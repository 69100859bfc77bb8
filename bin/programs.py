"""Programs that some tests need and no wheel brings: a browser, and Node for FullStory's SDK.

As root with apt they are installed; elsewhere the tests that need them are skipped, and say so.
"""

import os
import shutil
import subprocess
from pathlib import Path

CHROME_ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# What for: the names it may have, the Debian packages that bring it.
WANTED = {
    "browser tests": (
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", CHROME_ON_MACOS),
        ("chromium",),
    ),
    "tests with FullStory's own SDK": (("node",), ("nodejs", "npm")),
}


def provide() -> None:
    """Install what is missing, or say which tests will be skipped and why."""
    for purpose, (names, packages) in WANTED.items():
        if has_one(names) or (purpose == "browser tests" and os.environ.get("CHROMIUM")):
            continue
        if os.getuid() != 0 or not shutil.which("apt-get"):
            print(f"No {names[0]} here: {purpose} are skipped. Install {' and '.join(packages)}.")
        elif not apt_install(packages) or not has_one(names):
            print(f"apt-get could not install {' and '.join(packages)}: {purpose} are skipped.")


def has_one(names: tuple[str, ...]) -> bool:
    """Tell whether one of the programs is there."""
    return any(shutil.which(name) or Path(name).is_file() for name in names)


def apt_install(packages: tuple[str, ...]) -> bool:
    """Install Debian packages; tell whether it went well."""
    print(f"Installing {' and '.join(packages)} with apt-get.", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for argv in (["apt-get", "update", "-q"], install):
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    return done.returncode == 0


if __name__ == "__main__":
    provide()
