"""What one would write with Celery: a task for each record, which posts it."""

import os
import subprocess
import sys
from pathlib import Path

import requests
from celery import Celery

from benches import bare
from benches import records as made
from benches.sinks import Sink

QUEUE = "bench-rival"
app = Celery("rival", broker=os.environ.get("RIVAL_BROKER", "memory://"))
app.conf.task_ignore_result = True
app.conf.task_default_queue = QUEUE
app.conf.worker_prefetch_multiplier = 16


@app.task(name="rival.post")
def post(url: str, record: dict[str, object]) -> None:
    """Post one record."""
    answer = requests.post(url, json=record, headers={"Authorization": bare.KEY}, timeout=30)
    answer.raise_for_status()


def tasks_per_s(redis_url: str, sink: Sink, count: int, processes: int) -> float:
    """Return the calls a second of `count` tasks, worked by a worker of so many processes."""
    environment = {**os.environ, "RIVAL_BROKER": redis_url}
    path = os.pathsep.join(str(each) for each in Path(__file__).resolve().parents[1:3])
    environment["PYTHONPATH"] = path
    command = [sys.executable, "-m", "celery", "-A", "benches.rival", "worker", "-Q", QUEUE]
    command += ["-c", str(processes), "--without-gossip", "--without-mingle", "-l", "ERROR"]
    url = f"{sink.url}/v2/users"
    with Celery("rival", broker=redis_url) as publisher:
        for number in range(count):
            publisher.send_task("rival.post", (url, made.record(number)), queue=QUEUE)
    sink.reset()
    worker = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return sink.wait_for(count, within_s=bare.WITHIN_S).per_s
    finally:
        worker.terminate()
        worker.wait(30)
