"""Whoever can write to the broker can call any task: that must do nothing of its own."""

import pickle

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.timezone import now
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from fsdest import tasks
from fsdest.celery import app
from fsdest.models import Destination, Lane, Nexset, Organization, Source, Version

# What the database and Django say to a value that is no id.
NOT_ONE = (TypeError, ValueError, ValidationError, OverflowError, DataError)


@pytest.fixture
def a_lane(db) -> Lane:
    """A lane that any worker would take now."""
    ours = Organization.objects.create(name="Ours")
    source = Source.objects.create(organization=ours, name="users.csv")
    nexset = Nexset.objects.create(organization=ours, source=source, name="Users")
    destination = Destination.objects.create(organization=ours, nexset=nexset, name="To FullStory")
    version = Version.objects.create(destination=destination, number=1, configuration={})
    Destination.objects.update(status="active", version=version)
    return Lane.objects.create(destination=destination, number=0, due_at=now())


TASKS = [
    (tasks.work_lane, "lane_id"),
    (tasks.ingest_upload, "source_id"),
    (tasks.dry_run, "run_id"),
    (tasks.work_decision, "decision_id"),
]


@pytest.mark.surface("S24")
@pytest.mark.parametrize("kind", ["application/x-python-serialize", "application/x-yaml"])
def test_a_message_that_could_run_code_is_not_even_read(kind):
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps([]), kind, "binary", accept=app.conf.accept_content, force=True)


@pytest.mark.surface("S24")
@pytest.mark.parametrize(("task", "name"), TASKS)
def test_an_id_that_is_nobodys_does_nothing(db, task, name):
    unknown = (
        2**40 if name in {"lane_id", "decision_id"} else "00000000-0000-4000-8000-000000000000"
    )
    assert task(**{name: unknown}) is None
    assert not Destination.objects.exists()
    assert not Lane.objects.exists()
    assert not Source.objects.exists()


WRONG = [None, "x", "../../etc/passwd", "1 OR 1=1", -1, 2**70, 0.5, [], [1], {}, {"pk__gt": 0}]


@pytest.mark.surface("S24")
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize(("task", "name"), TASKS)
def test_an_argument_of_another_kind_reaches_nothing(a_lane, task, name, wrong):
    before = Lane.objects.values().get()

    done = task.apply(kwargs={name: wrong, "organization_id": wrong})

    assert done.state == "SUCCESS" or isinstance(done.result, NOT_ONE)
    assert Lane.objects.values().get() == before


@pytest.mark.surface("S24")
@pytest.mark.parametrize("task", [tasks.work_lane, tasks.ingest_upload, tasks.dry_run])
def test_a_message_without_an_id_is_refused(task):
    assert isinstance(task.apply(args=(1,)).result, TypeError)
    assert isinstance(task.apply().result, TypeError)
