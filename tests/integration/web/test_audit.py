"""The page of who did what: what it shows, what it finds, what others see of it, the file."""

import csv
import io
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fsdest.audit import Action, record
from fsdest.models import AuditEntry
from fsdest.web.audit import COLUMNS, ENTRIES_ON_A_PAGE

AUDIT = reverse("audit")
EXPORT = reverse("audit-export")


def text(response) -> str:
    return " ".join(unescape(response.content.decode()).split())


@pytest.fixture
def entries(as_ann: Client, credential, organization, ann) -> list[AuditEntry]:
    """Ann renamed a key, the system tested it, Bob left."""
    return [
        record(Action.EDITED, credential, actor=ann, before={"name": "A"}, after={"name": "B"}),
        record(Action.TESTED, credential, actor="The system", after={"status": "failed"}),
        record(Action.REMOVED, organization, actor="bob"),
    ]


def test_each_entry_says_who_did_what_and_what_changed(as_ann, entries):
    shown = text(as_ann.get(AUDIT))

    assert 'Edited credential <a href="?object=' in shown
    assert "name: A → B" in shown
    assert "status: failed" in shown
    assert shown.index("Removed organization") < shown.index("Edited credential")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"person": "ANN"}, ["edited"]),
        ({"action": "tested"}, ["tested"]),
        ({"kind": "credential"}, ["tested", "edited"]),
        ({"object": "ke"}, ["tested", "edited"]),
        ({"object": "Ours", "person": "bob"}, ["removed"]),
        ({"person": "nobody"}, []),
        ({"since": "2100-01-01T00:00"}, []),
        ({"until": "2001-01-01T00:00"}, []),
    ],
)
def test_entries_are_found_by_person_action_object_and_time(as_ann, entries, asked, found):
    rows = as_ann.get(AUDIT, asked).context["rows"]

    assert [row.entry.action for row in rows if row.entry.action != "logged_in"] == found


def test_the_minute_that_was_typed_is_in_it(as_ann, entries):
    this_minute = timezone.now().strftime("%Y-%m-%dT%H:%M")

    rows = as_ann.get(AUDIT, {"since": this_minute, "until": this_minute}).context["rows"]

    assert len(rows) >= len(entries)


def test_an_object_is_found_by_its_id(as_ann, entries, credential):
    assert len(as_ann.get(AUDIT, {"object": str(credential.pk)}).context["rows"]) == 2


def test_what_cannot_be_asked_is_said(as_ann, entries):
    assert "From (UTC): Enter a valid date/time." in text(as_ann.get(AUDIT, {"since": "soon"}))


def test_others_see_nothing_of_it(stranger: Client, entries):
    rows = stranger.get(AUDIT).context["rows"]

    assert {row.entry.organization_name for row in rows} <= {"Theirs"}
    assert "credential" not in stranger.get(EXPORT).getvalue().decode()


def test_older_entries_are_reached_page_by_page_each_once(as_ann, organization):
    for n in range(ENTRIES_ON_A_PAGE * 2):
        record(Action.EDITED, organization, actor=f"person {n}")
    seen, where = [], "?"
    while where:
        context = as_ann.get(AUDIT + where).context
        seen += [row.entry.pk for row in context["rows"]]
        where = f"?{context['older']}" if context["has_older"] else ""

    assert seen == sorted(AuditEntry.objects.values_list("pk", flat=True), reverse=True)


def test_a_page_takes_few_queries_however_many_entries(
    as_ann, organization, django_assert_max_num_queries
):
    for n in range(ENTRIES_ON_A_PAGE):
        record(Action.EDITED, organization, actor=f"person {n}", after={"name": str(n)})

    with django_assert_max_num_queries(5):
        as_ann.get(AUDIT)


@pytest.mark.surface("S13")
def test_the_file_has_what_was_asked_for_and_no_formula(as_ann, organization):
    record(Action.EDITED, organization, actor='=cmd|"/C calc"!A0', after={"name": "x"})
    record(Action.INVITED, organization, actor="ann")

    response = as_ann.get(EXPORT, {"action": "edited"})

    rows = list(csv.reader(io.StringIO(response.getvalue().decode())))
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    assert (tuple(rows[0]), len(rows)) == (COLUMNS, 2)
    assert rows[1][1] == '\'=cmd|"/C calc"!A0'
    assert rows[1][7] == '{"name": "x"}'
    assert AuditEntry.objects.latest("id").action == Action.EXPORTED


def test_markup_in_a_name_is_shown_as_it_is_written(as_ann, organization):
    record(Action.EDITED, organization, actor="<script>alert(1)</script>")

    assert "<script>alert(1)" not in as_ann.get(AUDIT).content.decode()
