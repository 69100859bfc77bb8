"""The lists of the console: they answer, count nothing, and edit nothing."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fsdest.admin.books import COUNTED, BoundedPaginator, ReadOnly
from fsdest.models import AuditEntry, CallPage, Destination, ImportJob
from tests.integration.admin.conftest import put_into_books

MODELS = sorted(admin.site._registry, key=lambda model: model.__name__)
READ_ONLY = [model for model in MODELS if isinstance(admin.site._registry[model], ReadOnly)]


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def name(model: type) -> str:
    return model.__name__


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_a_list_and_each_of_its_rows_are_shown(operator: Client, books, ann, model):
    row = model.objects.first()

    shown = operator.get(address(model, "changelist"))
    assert shown.status_code == 200
    assert address(model, "change", row.pk) in shown.content.decode()
    assert operator.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY, ids=name)
@pytest.mark.surface("S23")
def test_the_books_cannot_be_edited(operator: Client, books, model):
    row = model.objects.first()
    before = list(model.objects.values())

    assert operator.get(address(model, "add")).status_code == 403
    assert operator.post(address(model, "change", row.pk), {"name": "x"}).status_code == 403
    assert operator.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    gone = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    operator.post(address(model, "changelist"), gone)
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("model", READ_ONLY, ids=name)
def test_more_rows_take_no_more_queries_and_none_is_counted(
    operator: Client, make_destination, model
):
    put_into_books(make_destination("First"), 1)
    few = _queries(operator, model)
    for n in range(2, 6):
        put_into_books(make_destination(f"Number {n}"), n)
    many = _queries(operator, model)

    assert len(many) == len(few) <= 10
    bounded = [each for each in many if "COUNT(*)" in each and "LIMIT" not in each]
    assert bounded == []


def _queries(operator: Client, model: type) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert operator.get(address(model, "changelist")).status_code == 200
    return [each["sql"] for each in captured]


def test_an_import_job_with_a_few_errors_has_not_failed(operator: Client, books):
    ImportJob.objects.update(status="failed", records=12_345, imported=12_344, errors=1)
    job = ImportJob.objects.first()

    for where in (address(ImportJob, "changelist"), address(ImportJob, "change", job.pk)):
        shown = operator.get(where).content.decode()
        assert '<span class="chip is-paused">Completed with errors</span>' in shown
        assert "12,345" in shown
    listed = operator.get(address(ImportJob, "changelist")).content.decode()
    assert 'data-label="records"' in listed


def test_a_list_without_rows_says_so(operator: Client, books):
    none = operator.get(address(ImportJob, "changelist"), {"status__exact": "nonsense"})
    assert "None is like that" in none.content.decode()
    ImportJob.objects.all().delete()
    none = operator.get(address(ImportJob, "changelist"))
    assert "There are no import jobs yet" in none.content.decode()


def test_the_pager_stops_at_its_bound(db):
    AuditEntry.objects.bulk_create(
        AuditEntry(at="2026-01-01T00:00Z", actor_name="ann", action="edited", object_kind="x")
        for _ in range(COUNTED + 5)
    )
    rows = AuditEntry.objects.order_by("-id")

    pager = BoundedPaginator(rows, 50)
    assert (pager.count, pager.is_cut) == (COUNTED, True)
    assert len(pager.page(pager.num_pages).object_list) == 50
    assert not BoundedPaginator(rows.filter(actor_name="bob"), 50).is_cut


@pytest.mark.parametrize("model", ["callpage", "importjob", "parked", "lane", "dryrun"])
def test_a_list_is_narrowed_to_one_destination(operator: Client, make_destination, model):
    for n in (1, 2):
        put_into_books(make_destination(f"Number {n}"), n)
    chosen = Destination.objects.get(name="Number 1")
    where = reverse(f"admin:fsdest_{model}_changelist")

    shown = operator.get(where, {"destination": chosen.pk}).context["cl"].result_list

    assert {each.destination_id for each in shown} == {chosen.pk}
    assert not operator.get(where, {"destination": "nonsense"}).context["cl"].result_list


def test_calls_of_a_destination_are_read_by_an_index(operator: Client, books):
    where = reverse("admin:fsdest_callpage_changelist")
    with CaptureQueriesContext(connection) as captured:
        operator.get(where, {"destination": books.pk})

    of_pages = [each["sql"] for each in captured if 'FROM "fsdest_callpage"' in each["sql"]]
    [rows] = [each for each in of_pages if "INNER JOIN" in each]
    assert 'ORDER BY "fsdest_callpage"."last_at" DESC' in rows
    assert '"data"' not in rows


def test_a_look_into_a_page_shows_its_calls_as_text(operator: Client, books):
    page = CallPage.objects.get()

    shown = operator.get(address(CallPage, "change", page.pk)).content.decode()

    assert "12 ms" in shown
    assert "&lt;b&gt;Refused&lt;/b&gt;." in shown
    assert "<b>Refused" not in shown


def test_a_nexset_shows_its_first_records(operator: Client, nexset):
    shown = operator.get(address(type(nexset), "change", nexset.pk)).content.decode()

    assert "user-0@example.com" in shown
    assert "user-19@example.com" in shown
    assert "user-20@example.com" not in shown


def test_destinations_tell_what_is_behind_and_whether_they_balance(operator: Client, books):
    row = operator.get(address(Destination, "changelist")).content.decode()

    assert 'class="field-behind">32<' in row  # thirty pending, one parked, one in an import job
    assert 'alt="False"' in row  # put into the books by hand
