"""Whoever can write to the broker can call any task: that must do nothing of its own."""

import pickle

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from fsdest import tasks
from fsdest.celery import app
from fsdest.models import Destination, Lane, Source


@pytest.mark.surface("S24")
@pytest.mark.parametrize("kind", ["application/x-python-serialize", "application/x-yaml"])
def test_a_message_that_could_run_code_is_not_even_read(kind):
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps([]), kind, "binary", accept=app.conf.accept_content, force=True)


@pytest.mark.surface("S24")
@pytest.mark.parametrize(
    ("task", "name"),
    [
        (tasks.work_lane, "lane_id"),
        (tasks.ingest_upload, "source_id"),
        (tasks.dry_run, "run_id"),
        (tasks.work_decision, "decision_id"),
    ],
)
def test_an_id_that_is_nobodys_does_nothing(db, task, name):
    unknown = (
        2**40 if name in {"lane_id", "decision_id"} else "00000000-0000-4000-8000-000000000000"
    )
    assert task(**{name: unknown}) is None
    assert not Destination.objects.exists()
    assert not Lane.objects.exists()
    assert not Source.objects.exists()
