"""Who may enter the console, and what its first page says."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fsdest.audit import Action
from fsdest.delivery import hours
from fsdest.models import AuditEntry, CallHour, CallPage, Destination
from tests.integration.admin.conftest import put_into_books

INDEX = reverse("admin:index")
LIST = reverse("admin:fsdest_destination_changelist")


@pytest.mark.parametrize("where", [INDEX, LIST, reverse("admin:deed", args=["prune"])])
@pytest.mark.surface("S23")
def test_only_who_runs_the_installation_enters(client: Client, as_ann: Client, where):
    assert Client().get(where, follow=True).redirect_chain[-1][0].startswith("/login/")
    assert as_ann.get(where, follow=True).status_code == 403
    User.objects.filter(username="ann").update(is_staff=True)
    assert as_ann.get(where, follow=True).status_code == 403


def test_there_is_one_login_page(operator: Client):
    assert Client().get("/admin/login/").url.startswith("/login/?next=")
    assert operator.get("/admin/login/").url == INDEX


def test_the_first_page_says_how_it_stands(operator: Client, make_destination):
    halted = make_destination("Halted <i>one</i>", status="error")
    Destination.objects.filter(pk=halted.pk).update(status_reason="The key was refused.")
    put_into_books(halted, 1)

    shown = operator.get(INDEX).content.decode()

    assert "Halted &lt;i&gt;one&lt;/i&gt;" in shown
    assert "The key was refused." in shown
    assert "1 in 24 hours" in shown
    assert "1 failed" in shown
    assert "The broker does not answer" in shown  # in tests there is none
    assert "Does not answer" in shown


def test_the_first_page_takes_as_many_queries_for_more_rows(
    operator: Client, make_destination, django_assert_num_queries, django_assert_max_num_queries
):
    put_into_books(make_destination("First", status="error"), 1)
    with django_assert_max_num_queries(30) as few:
        operator.get(INDEX)
    for n in range(2, 6):
        put_into_books(make_destination(f"Number {n}", status="error"), n)
    with django_assert_num_queries(len(few)) as many:
        operator.get(INDEX)

    counts = [each["sql"] for each in many if "COUNT(*)" in each["sql"]]
    assert not [each for each in counts if "fsdest_callpage" in each]


def test_hours_that_are_over_are_added_up_once(books):
    now = timezone.now().replace(minute=30)
    CallPage.objects.update(last_at=now - timedelta(hours=3))

    assert hours.close(now=now) > 24
    assert hours.close(now=now) == 0
    CallPage.objects.all().delete()  # by prune: the sums stay
    last = hours.last(24, now=now)

    assert [(each.calls, each.failed_calls) for each in last if each.calls] == [(1, 1)]
    assert last[-4].calls == 1
    assert CallHour.objects.count() >= 24


def test_the_hour_that_runs_and_a_late_one_are_added_up_live(books):
    now = timezone.now().replace(minute=2)
    lane = books.lanes.first()
    for late in (timedelta(0), timedelta(minutes=10)):
        CallPage.objects.create(
            destination=books,
            lane=lane,
            first_offset=0,
            last_offset=1,
            calls=5,
            first_at=now - late,
            last_at=now - late,
            data=b"",
        )
    CallPage.objects.filter(calls=1).delete()
    hours.close(now=now)

    assert [each.calls for each in hours.last(24, now=now)][-2:] == [5, 5]


@pytest.mark.parametrize(
    ("deed", "said", "action"),
    [
        ("prune", "Deleted 0 calls", Action.PRUNED),
        ("rotate", "Sealed 0 credentials with the newest key; 1 had it", Action.KEYS_ROTATED),
    ],
)
def test_what_concerns_everything_asks_does_tells_and_is_audited(
    operator: Client, credential, deed, said, action
):
    where = reverse("admin:deed", args=[deed])
    asked = operator.get(where)
    assert asked.status_code == 200
    assert not AuditEntry.objects.filter(action=action).exists()

    told = operator.post(where, follow=True).content.decode()

    assert said in told
    assert AuditEntry.objects.get(action=action).actor_name == "root"
    assert operator.get(reverse("admin:deed", args=["nothing"])).status_code == 404
