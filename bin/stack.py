"""The whole product on one machine: Valkey, the sandbox, the web, the workers, beat.

`bin/run` installs and then becomes this. Standard library and the Valkey wheel only, because it
must start fast and outlive everything. What it reads of the environment is told in README.md.
"""

import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path

from broker import start_valkey
from console import Console
from current import is_prepared
from probes import HOST, is_free
from processes import product_services, sandbox_service
from service import Service
from supervisor import DidNotStart, Supervisor

ROOT = Path(__file__).resolve().parent.parent
LOCK_WAIT_S = 8.0  # a warden needs some seconds to end what a killed supervisor left


class CannotStart(Exception):
    """What stands in the way of a start, in one sentence for the person at the console."""


def main() -> int:
    """Run until stopped; return the exit code."""
    os.chdir(ROOT)
    if os.environ.get("FSDEST_STOP_AT_EOF") == "1":
        threading.Thread(target=stop_at_eof, daemon=True).start()
    data = Path(os.environ.get("FSDEST_DATA") or ROOT / "var").resolve()
    data.mkdir(parents=True, exist_ok=True)
    console = Console(data / "logs", quiet=os.environ.get("FSDEST_QUIET") == "1")
    try:
        lock = take_lock(data / "stack.lock")
        return run(data, console, lock)
    except (CannotStart, DidNotStart) as reason:
        console.say(str(reason))
        return 1


def stop_at_eof() -> None:
    """Wait for the end of standard input, which is that of who started us; then stop."""
    while os.read(0, 1024):  # not sys.stdin, whose lock must be free when the process ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def run(data: Path, console: Console, lock: int) -> int:
    """Start everything, tell the address, watch, and stop everything in the end."""
    began = time.monotonic()
    port, sandbox_port = port_from("PORT", 8000), port_from("SANDBOX_PORT", 8010)
    own_sandbox = not os.environ.get("FULLSTORY_SANDBOX_URL")
    require_free("PORT", port)
    if own_sandbox:
        require_free("SANDBOX_PORT", sandbox_port)
    environment = {**os.environ, "FSDEST_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    environment["CELERY_SKIP_CHECKS"] = "1"  # bin/prepare.py checks once for all
    if own_sandbox:
        environment["FULLSTORY_SANDBOX_URL"] = f"http://{HOST}:{sandbox_port}"
    supervisor = Supervisor(
        environment=environment, console=console, state=data / "stack.json", lock=lock
    )
    supervisor.facts = {"port": port, "sandbox_url": environment["FULLSTORY_SANDBOX_URL"]}
    try:
        start_valkey(supervisor, data)
        sandbox = sandbox_service(data, sandbox_port) if own_sandbox else None
        login = start_rest(supervisor, data, port=port, sandbox=sandbox)
        tell(console, port, login, seconds=time.monotonic() - began)
        supervisor.watch()
    except KeyboardInterrupt:
        pass  # asked to stop before all was up
    finally:
        console.say("Stopping.")
        supervisor.stop()
        (data / "valkey.url").unlink(missing_ok=True)
    return 0


def start_rest(supervisor: Supervisor, data: Path, *, port: int, sandbox: Service | None) -> str:
    """Start what follows Valkey, each when what it needs answers; return the demo login's text.

    All are launched as early as that allows, because each spends most of a second on imports: on a
    database that is up to date already, nobody waits for its preparation. They are waited for in
    their order.
    """
    if sandbox:
        supervisor.launch(sandbox)
    prepare = [sys.executable, str(ROOT / "bin" / "prepare.py")]
    preparing = supervisor.begin("Preparing the database and the pages", prepare)
    login = None if is_prepared(data) else supervisor.finish(preparing)
    services = product_services(data, port)
    for service in services:
        supervisor.launch(service)
    for service in [sandbox, *services] if sandbox else services:
        supervisor.wait_for(service)
    return supervisor.finish(preparing) if login is None else login


def take_lock(file: Path) -> int:
    """Return the open lock of this data folder, or say who holds it."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode().strip()
            if is_alive(holder) or time.monotonic() > until:
                raise CannotStart(
                    f"{file.parent} is in use by another fsdest (process {holder}). "
                    "Stop it, or choose another folder with FSDEST_DATA."
                ) from None
            time.sleep(0.1)
        else:
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            return lock


def is_alive(pid: str) -> bool:
    """Tell whether the process that wrote its id into the lock still runs."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def port_from(name: str, default: int) -> int:
    """Return the port that the variable `name` chooses."""
    text = os.environ.get(name) or str(default)
    if not (text.isdigit() and 0 < int(text) < 65_536):
        raise CannotStart(f"{name} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def require_free(name: str, port: int) -> None:
    """Raise CannotStart if somebody listens on `port`, or we may not."""
    if not is_free(port):
        raise CannotStart(f"Port {port} is in use. Choose another one: {name}={port + 1} ./bin/run")


def tell(console: Console, port: int, login: str, *, seconds: float) -> None:
    """End the start: where to go and how to get in. Not for a log: it may hold a password."""
    lines = [f"Ready after {seconds:.1f} s. Ctrl-C stops everything.", ""]
    lines += [f"  http://{HOST}:{port}/", *(f"  {line}" for line in login.splitlines()), ""]
    console.show("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
