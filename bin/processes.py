"""How each process of the product is started, and how one sees that it answers."""

import os
import sys
from pathlib import Path

from probes import HOST, http_answers
from service import Service

# In a container everything runs as root; the warning would greet every start.
AS_ROOT = "ignore:You're running the worker with superuser privileges"


def sandbox_service(data: Path, port: int) -> Service:
    """The FullStory of our own; what it was told survives its restart."""
    argv = [sys.executable, "-m", "fsdest.sandbox", "--port", str(port)]
    argv += ["--state", str(data / "sandbox.state"), "--ledger", str(data / "sandbox.jsonl")]
    return Service("sandbox", argv, answers=http_answers(port, "/healthz"), hush=["/healthz"])


def product_services(data: Path, port: int) -> list[Service]:
    """The web, the workers and beat.

    Two workers, so that reading a large file or a long slice never starves the sweeper.
    """
    return [
        web_service(port),
        worker_service("drain", "drain", processes=max(2, os.cpu_count() or 2)),
        worker_service("ingest", "ingest,maintenance", processes=2),
        Service(
            "beat",
            [*celery("beat"), "--schedule", str(data / "beat-schedule")],
            answers_with="beat: Starting...",
            hush=["Sending due task"],
        ),
    ]


def web_service(port: int) -> Service:
    """Gunicorn; one process is enough for a browser or two, the threads are for slow clients."""
    argv = [sys.executable, "-m", "gunicorn", "fsdest.wsgi", "--bind", f"{HOST}:{port}"]
    argv += ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    argv += ["--timeout", "60", "--graceful-timeout", "5", "--log-level", "warning"]
    return Service("web", argv, answers=http_answers(port, "/login/"))


def worker_service(name: str, queues: str, *, processes: int) -> Service:
    """A Celery worker. Its heartbeat event once hung a worker for ever: liveness is ours."""
    argv = [*celery("worker"), "--hostname", f"{name}@%h", "--queues", queues]
    argv += ["--pool", "prefork", "--concurrency", str(processes)]
    argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Service(
        name,
        argv,
        answers_with=" ready.",
        grace_s=float(os.environ.get("FSDEST_STOP_GRACE_S") or 25),
        hush=["celery.worker.strategy", "celery.app.trace"],
        stage="workers",
    )


def celery(command: str) -> list[str]:
    """Return the beginning of a Celery command; "ready." is told at INFO."""
    argv = [sys.executable, "-W", AS_ROOT, "-m", "celery", "-A", "fsdest", "--quiet"]
    return [*argv, command, "-l", "INFO"]
