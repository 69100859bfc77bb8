"""How each process of the product is started, and how one sees that it answers."""

import os
import sys
from pathlib import Path

from probes import HOST, http_answers
from service import Service

CELERY = [sys.executable, str(Path(__file__).with_name("celery_process.py"))]


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
        worker_service("drain", "drain", processes=drain_processes()),
        worker_service("ingest", "ingest,maintenance", processes=2),
        Service(
            "beat",
            [*CELERY, "beat", str(data / "beat-schedule")],
            answers_with="beat: Starting...",
            hush=["Sending due task"],
        ),
    ]


def drain_processes() -> int:
    """Return how many processes deliver: one for each core, two at least, unless FSDEST_WORKERS."""
    wished = os.environ.get("FSDEST_WORKERS", "")
    return int(wished) if wished.isdigit() and int(wished) else max(2, os.cpu_count() or 2)


def web_service(port: int) -> Service:
    """Gunicorn; one process is enough for a browser or two, the threads are for slow clients."""
    argv = [sys.executable, "-m", "gunicorn", "fsdest.wsgi", "--bind", f"{HOST}:{port}"]
    argv += ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    argv += ["--timeout", "60", "--graceful-timeout", "5", "--log-level", "warning"]
    argv += ["--logger-class", "fsdest.gunicorn_log.Alike"]
    return Service("web", argv, answers=http_answers(port, "/login/"))


def worker_service(name: str, queues: str, *, processes: int) -> Service:
    """A Celery worker, with the time to finish what it has begun when it is to stop."""
    return Service(
        name,
        [*CELERY, "worker", name, queues, str(processes)],
        answers_with=" ready.",
        grace_s=float(os.environ.get("FSDEST_STOP_GRACE_S") or 25),
        hush=["celery.worker.strategy", "celery.app.trace"],
        stage="workers",
    )
