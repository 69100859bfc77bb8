"""Deleting old calls never breaks the books, and joining pages loses no call."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Sum

from fsdest import tasks
from fsdest.delivery import account, decisions, pages, prune, quarantine
from fsdest.delivery.quarantine import Scope
from fsdest.delivery.recount import recount
from fsdest.models import CallPage, Decision, ImportJob, Lane, QuarantinedRecord

KEEP = timedelta(days=14)
DISCARD = Decision.Verb.DISCARD


def users(*uids: str) -> list[dict[str, object]]:
    return [{"uid": uid, "email": f"{uid}@example.com", "plan": "pro"} for uid in uids]


@pytest.fixture
def worked(destination_with, deliver, sandbox, clock):
    """20 delivered in single calls, 2 set aside, of which one was discarded."""
    destination = destination_with(*users(*(f"user-{n}" for n in range(20))), *users("", ""))
    deliver(destination)
    assert account.balance(destination).delivered + account.balance(destination).quarantined == 22
    first = destination.quarantined.order_by("offset").first()
    decisions.decide(destination, DISCARD, Scope(ids=[first.pk]), now=clock())
    return destination


def everything(destination):
    past = pages.recent(destination, 1000)
    return sorted((call.at, call.offsets, call.kind, call.status) for call in past)


def test_nothing_is_deleted_before_its_time(worked, clock):
    before = everything(worked)
    clock.forward(days=13)

    prune.prune(keep=KEEP, clock=clock)

    assert everything(worked) == before


def test_the_books_are_right_after_every_call_was_deleted(worked, clock):
    before = account.balance(worked)
    clock.forward(days=15)

    done = prune.prune(keep=KEEP, clock=clock)

    assert done.is_done
    assert done.calls
    assert not CallPage.objects.exists()
    carried = Lane.objects.aggregate(n=Sum("pruned_delivered"))["n"]
    assert carried == before.delivered == 20
    assert recount(worked).is_right
    assert account.balance(worked) == before


def test_pruning_again_changes_nothing(worked, clock):
    clock.forward(days=15)
    prune.prune(keep=KEEP, clock=clock)

    assert prune.prune(keep=KEEP, clock=clock) == prune.Pruned()
    assert recount(worked).is_right


def test_the_books_are_right_after_ended_import_jobs_were_deleted(
    destination_with, deliver, sandbox, clock
):
    sandbox.post("settings", {"job_s": 0})
    records = [*users(*(f"user-{n}" for n in range(20))), {"uid": "bad", "bad name": 1}]
    destination = destination_with(*records, endpoint="batch-create-users")
    deliver(destination)
    before = account.balance(destination)
    assert before.in_jobs == 0
    assert before.delivered > 0
    clock.forward(days=15)

    done = prune.prune(keep=KEEP, clock=clock)

    assert done.jobs
    assert not ImportJob.objects.exists()
    assert recount(destination).is_right
    assert account.balance(destination) == before


def test_an_open_import_job_stays_however_old_it_is(destination_with, clock):
    destination = destination_with(*users("ann"))
    ImportJob.objects.create(
        destination=destination,
        lane=destination.lanes.first(),
        version=destination.version,
        job_id="slow",
        offsets=[[0, 0]],
        records=1,
        created_at=clock() - timedelta(days=90),
    )

    prune.prune(keep=KEEP, clock=clock)

    assert ImportJob.objects.count() == 1


def test_a_closed_record_of_the_quarantine_is_kept_from_the_day_on_which_it_was_closed(
    worked, clock
):
    clock.forward(days=13)
    prune.prune(keep=KEEP, clock=clock)  # sees that one is closed
    still_open = quarantine.open_records(worked).get()
    clock.forward(days=10)
    decisions.decide(worked, DISCARD, Scope(ids=[still_open.pk]), now=clock())
    prune.prune(keep=KEEP, clock=clock)
    assert worked.quarantined.count() == 2  # the first was seen closed 10 days ago
    clock.forward(days=5)

    prune.prune(keep=KEEP, clock=clock)

    assert list(worked.quarantined.values_list("pk", flat=True)) == [still_open.pk]
    assert recount(worked).is_right


def test_a_record_that_was_set_aside_again_is_never_deleted(worked, clock):
    prune.prune(keep=KEEP, clock=clock)
    QuarantinedRecord.objects.update(status="open")
    clock.forward(days=30)

    prune.prune(keep=KEEP, clock=clock)

    assert worked.quarantined.count() == 2


def test_small_pages_of_a_past_hour_become_one_with_the_same_calls(worked, clock):
    page = worked.pages.first()
    for _ in range(5):  # five checkpoints with the same calls
        CallPage.objects.create(
            **{
                field.name: getattr(page, field.name)
                for field in CallPage._meta.concrete_fields
                if not field.primary_key
            }
        )
    before, count = everything(worked), worked.pages.count()
    clock.forward(hours=2)

    done = prune.prune(keep=KEEP, clock=clock)

    assert worked.pages.count() == worked.pages.values("lane").distinct().count()
    assert done.joined == count - worked.pages.count() >= 5
    assert everything(worked) == before
    assert prune.prune(keep=KEEP, clock=clock) == prune.Pruned()


def test_pages_of_the_present_hour_are_left_alone(worked, clock):
    page = worked.pages.first()
    CallPage.objects.update(last_at=clock())
    page.pk, page.last_at = None, clock()
    page.save()
    count = worked.pages.count()

    prune.prune(keep=KEEP, clock=clock)

    assert worked.pages.count() == count


def test_a_run_that_comes_second_changes_nothing(worked, clock):
    old = list(CallPage.objects.all())
    CallPage.objects.filter(pk=old[0].pk).delete()

    assert prune._delete(old) == 0

    assert Lane.objects.filter(pruned_delivered__gt=0).count() == 0
    assert CallPage.objects.count() == len(old) - 1


def test_a_run_ends_in_time_and_the_next_goes_on(worked, clock, monkeypatch):
    monkeypatch.setattr(prune, "AT_ONCE", 1)
    clock.forward(days=15)
    assert not prune.prune(keep=KEEP, clock=clock, within=timedelta(0)).is_done

    assert prune.prune(keep=KEEP, clock=clock).is_done

    assert not CallPage.objects.exists()
    assert recount(worked).is_right


def test_beat_has_the_task_and_the_command_does_the_same(worked, clock, capsys):
    assert settings.CELERY_BEAT_SCHEDULE["prune"]["task"] == "fsdest.tasks.prune"
    assert settings.CELERY_TASK_ROUTES["fsdest.tasks.prune"] == {"queue": "maintenance"}
    tasks.prune(an_argument_of_tomorrow=1)
    assert CallPage.objects.exists()

    call_command("prune", "--days", "-1")

    assert not CallPage.objects.exists()
    assert "Deleted" in capsys.readouterr().out
    call_command("checkbooks")
