"""Install a requirements file with its hashes into this virtual environment, once.

    python bin/install.py requirements.txt

A stamp in the environment remembers what was installed, so that later starts lose no time here.
"""

import fcntl
import hashlib
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOW_EVERY_S = 1 if sys.stdout.isatty() else 5
# Who installs the first has installed the second.
INCLUDES = {"requirements-dev.txt": ("requirements.txt",)}


def main(name: str) -> int:
    """Install unless the stamp says it is done; return the exit code."""
    environment = Path(sys.prefix)
    with (environment / "install.lock").open("w") as lock:
        if not is_installed(environment, name):
            fcntl.flock(lock, fcntl.LOCK_EX)  # two starts at once: one installs
        if is_installed(environment, name):
            return 0
        code = install(name, environment / "install.log")
        if code == 0:
            for done in (name, *INCLUDES.get(name, ())):
                stamp(environment, done).write_text(digest(done))
        return code


def digest(name: str) -> str:
    """Return what a stamp holds: the file's content and the Python that it is installed for."""
    return hashlib.sha256(sys.version.encode() + (ROOT / name).read_bytes()).hexdigest()


def stamp(environment: Path, name: str) -> Path:
    """Return the path of the stamp of one requirements file."""
    return environment / f"{name}.stamp"


def is_installed(environment: Path, name: str) -> bool:
    """Tell whether exactly this file was installed here."""
    file = stamp(environment, name)
    return file.exists() and file.read_text() == digest(name)


def install(name: str, log: Path) -> int:
    """Run pip, showing how far it is; return its exit code. Its words go to `log`."""
    total = len(re.findall(r"^[a-z0-9].*==", (ROOT / name).read_text(), re.MULTILINE | re.I))
    argv = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    argv += ["--progress-bar", "off", "--require-hashes", "-r", str(ROOT / name)]
    began = shown = time.monotonic()
    with log.open("w") as words:
        pip = subprocess.Popen(argv, stdout=words, stderr=subprocess.STDOUT)
    show(f"Installing {total} packages of {name}", is_last=False)
    while pip.poll() is None:
        time.sleep(0.2)
        if time.monotonic() - shown > SHOW_EVERY_S:
            shown = time.monotonic()
            show(f"{doing(log.read_text(), total)}, {shown - began:.0f} s", is_last=False)
    if pip.returncode:
        tail = "\n".join(log.read_text().splitlines()[-15:])
        show(f"Installing {name} failed. pip's last words:\n{tail}", is_last=True)
    else:
        show(f"Installed {name} in {time.monotonic() - began:.0f} s.", is_last=True)
    return pip.returncode


def doing(words: str, total: int) -> str:
    """Return what pip is at: it counts what it fetches and says nothing while it unpacks."""
    if "Installing collected packages" in words:
        return "Unpacking"
    fetched = len(re.findall(r"^(Collecting|Requirement already|Ignoring)", words, re.MULTILINE))
    return f"Fetching {min(fetched, total)} of {total} packages"


def show(text: str, *, is_last: bool) -> None:
    """Show progress on one line that is written over, or line by line where that is no terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{text}" + ("\n" if is_last else ""))
    else:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
