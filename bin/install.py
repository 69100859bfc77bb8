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
# Who installs the second has installed the first.
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
    began, seen, shown = time.monotonic(), 0, 0.0
    with log.open("w") as kept:
        pip = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in pip.stdout or ():
            kept.write(line)
            kept.flush()
            seen += line.startswith(("Collecting", "Requirement already", "Ignoring"))
            installs = line.startswith("Installing collected")
            if installs or time.monotonic() - shown > 1:
                shown = time.monotonic()
                doing = "unpacking" if installs else f"fetching {min(seen, total)} of {total}"
                show(f"Installing {name}: {doing}, {shown - began:.0f} s", is_last=False)
        code = pip.wait()
    if code:
        tail = "".join(log.read_text().splitlines(keepends=True)[-15:])
        show(f"Installing {name} failed. pip's last words:\n{tail}", is_last=True)
    else:
        show(f"Installed {name} in {time.monotonic() - began:.0f} s.", is_last=True)
    return code


def show(text: str, *, is_last: bool) -> None:
    """Show progress on one line that is written over, or line by line where that is no terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{text}" + ("\n" if is_last else ""))
    else:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
