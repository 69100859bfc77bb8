"""Sources and nexsets get other names."""

import pytest
from django.urls import reverse

from fsdest.models import AuditEntry, Source

KINDS = ["source", "nexset"]


@pytest.fixture
def found(request, source, nexset):
    """The source or the nexset, as the test asks for."""
    return {"source": source, "nexset": nexset}[request.param]


@pytest.fixture
def address(found) -> str:
    return reverse(f"{type(found).__name__.lower()}-rename", args=[found.pk])


@pytest.mark.parametrize("found", KINDS, indirect=True)
def test_the_new_name_is_kept_shown_and_written_down(page, found, address):
    before = found.name

    said = page.post(address, {"name": "  Customers <2026> "}, follow=True).content.decode()

    found.refresh_from_db()
    assert found.name == "Customers <2026>"
    assert "is called Customers &lt;2026&gt; now." in said
    assert "<h1>Customers &lt;2026&gt;</h1>" in said
    entry = AuditEntry.objects.get(object_id=found.pk, action="edited")
    assert (entry.before, entry.after) == ({"name": before}, {"name": "Customers <2026>"})
    assert entry.actor_name == "ann"


@pytest.mark.parametrize("found", KINDS, indirect=True)
def test_its_page_leads_there_and_the_old_name_stands_in_the_field(page, found, address):
    kind = type(found).__name__.lower()

    assert address in page.get(reverse(kind, args=[found.pk])).content.decode()
    assert f'value="{found.name}"' in page.get(address).content.decode()


@pytest.mark.parametrize("found", KINDS, indirect=True)
@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_that_is_none_changes_nothing_and_says_why(page, found, address, name):
    before = found.name

    answer = page.post(address, {"name": name})

    found.refresh_from_db()
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert found.name == before
    assert not AuditEntry.objects.filter(object_id=found.pk).exists()


def test_the_same_name_again_is_no_change(page, source):
    page.post(reverse("source-rename", args=[source.pk]), {"name": source.name})

    assert not AuditEntry.objects.filter(object_id=source.pk).exists()


def test_only_the_name_is_written_while_a_worker_reads_the_file(page, source):
    address = reverse("source-rename", args=[source.pk])
    page.get(address)
    Source.objects.filter(pk=source.pk).update(rows_read=99)

    page.post(address, {"name": "Customers"})

    source.refresh_from_db()
    assert (source.name, source.rows_read) == ("Customers", 99)
