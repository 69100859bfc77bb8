"""`python -m fsdest.sandbox --port 8010`: start the sandbox."""

import argparse
import gc
import sys
from pathlib import Path

import uvicorn

from fsdest.sandbox.application import Application
from fsdest.sandbox.ledger import Ledger
from fsdest.sandbox.restore import restore
from fsdest.sandbox.settings import Settings, UnknownSettingError, change
from fsdest.sandbox.wire import Wire
from fsdest.sandbox.world import World

GRACE_S = 1  # for calls that are being answered when it is told to stop


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m fsdest.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8010, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="a file that remembers across restarts")
    parser.add_argument("--ledger", type=Path, help="a file that keeps what was received")
    parser.add_argument("--fast", action="store_true", help="for measuring: no validation")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def main() -> int:
    """Serve until told to stop; return the exit code."""
    chosen = options()
    settings = Settings()
    try:
        change(settings, dict(each.partition("=")[::2] for each in chosen.setting))
    except UnknownSettingError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    settings.fast = settings.fast or chosen.fast
    gc.set_threshold(100_000, 50, 1000)  # a batch is a million objects and not one cycle
    serve(settings, chosen)
    return 0


def serve(settings: Settings, chosen: argparse.Namespace) -> None:
    """Listen, say where, and answer."""
    config = uvicorn.Config(
        app="", log_level="warning", access_log=False, server_header=False, loop="uvloop",
        http="httptools", ws="none", lifespan="on", timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_S, proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    wire = Wire(server, chosen.host, chosen.port)
    world = World(settings, Ledger(chosen.ledger))
    opened = wire.listen()
    if chosen.state:
        restore(world, chosen.state)
    config.app = Application(world, wire)
    print(f"sandbox: http://{chosen.host}:{opened.getsockname()[1]}/_sandbox/", flush=True)
    server.run(sockets=[opened])


if __name__ == "__main__":
    sys.exit(main())
