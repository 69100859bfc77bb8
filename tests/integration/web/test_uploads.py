"""Giving a file in the browser, with and without JavaScript, and seeing what became of it."""

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from fsdest import hints, ingest
from fsdest.models import Nexset, Source
from fsdest.web import uploads as doors

HTMX = {"HX-Request": "true"}
CSV = b"uid,plan\nann,free\nbob\ncarol,team\n"


@pytest.fixture
def disk(settings, tmp_path, monkeypatch):
    """A folder of uploads; hints go nowhere."""
    settings.UPLOAD_DIR = settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.UPLOAD_DIR.mkdir()
    monkeypatch.setattr(hints, "nudge_source", lambda source_id: None)
    return settings.UPLOAD_DIR


def give(page, content=CSV, file_name="users.csv", **more):
    headers = more.pop("headers", None)
    file = SimpleUploadedFile(file_name, content)
    return page.post(reverse("upload"), {"file": file, **more}, headers=headers)


def read(source: Source) -> None:
    ingest.read(str(source.pk), clock=now)
    source.refresh_from_db()


def test_a_file_is_taken_as_it_is_under_a_name_of_ours(page, disk, organization):
    response = give(page, file_name="users.csv")

    source = Source.objects.get()
    assert response.url == reverse("uploading", args=[source.pk])
    assert (source.name, source.file_name) == ("users", "users.csv")
    assert source.organization == organization
    assert source.bytes_total == len(CSV)
    assert [file.name for file in disk.iterdir()] == [source.path]
    assert (disk / source.path).read_bytes() == CSV
    assert "users" not in source.path


def test_a_file_stays_on_the_disk_when_its_request_has_ended(page, disk):
    give(page, gzip.compress(CSV), "users.csv.gz")

    source = Source.objects.get()
    assert source.name == "users"
    read(source)
    assert source.rows_read == 3


@pytest.mark.parametrize(
    ("given", "called"), [("Our users", "Our users"), ("", "users"), ("  ", "users")]
)
def test_a_nexset_is_called_as_the_person_says_or_as_the_file(page, disk, given, called):
    give(page, name=given)
    read(Source.objects.get())

    assert Nexset.objects.get().name == called


def test_with_htmx_the_browser_is_sent_to_the_reading(page, disk):
    response = give(page, headers=HTMX)

    assert response.headers["HX-Redirect"] == reverse("uploading", args=[Source.objects.get().pk])


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_form_without_a_file_or_with_an_empty_one_says_so(page, disk, headers):
    nothing = page.post(reverse("upload"), {"name": "Kept"}, headers=headers)
    empty = give(page, b"", headers=headers)

    assert (nothing.status_code, empty.status_code) == (422, 422)
    assert "Choose a file." in nothing.content.decode()
    assert 'value="Kept"' in nothing.content.decode()
    assert "The file is empty." in empty.content.decode()
    assert nothing.content.startswith(b"\n  <form") is bool(headers)
    assert not Source.objects.exists()
    assert list(disk.iterdir()) == []


@pytest.mark.surface("S14")
def test_a_file_the_disk_has_no_room_for_is_refused_with_a_sentence(page, disk, monkeypatch):
    monkeypatch.setattr(doors, "room", lambda: 100)

    response = give(page, b"x" * 1000)

    assert response.status_code == 422
    assert "has no room for this file: up to 100" in response.content.decode()
    assert not Source.objects.exists()
    assert list(disk.iterdir()) == []


def test_a_disk_that_fills_up_during_the_transfer_ends_in_the_same_sentence(
    page, disk, monkeypatch
):
    def full(self, raw_data, start):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(doors.TemporaryFileUploadHandler, "receive_data_chunk", full)

    response = give(page)

    assert response.status_code == 422
    assert "has no room for this file" in response.content.decode()
    assert list(disk.iterdir()) == []


@pytest.mark.surface("S9")
def test_a_form_from_elsewhere_is_refused(ann, disk):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)

    assert give(strict).status_code == 403
    assert not Source.objects.exists()
    token = strict.get(reverse("upload")).cookies["csrftoken"].value
    assert give(strict, csrfmiddlewaretoken=token).status_code == 302
    assert Source.objects.count() == 1


def test_who_is_not_logged_in_is_sent_to_the_login_and_leaves_nothing(client, db, disk):
    response = give(client)

    assert response.url.startswith(reverse("login"))
    assert list(disk.iterdir()) == []


def test_the_reading_is_shown_until_its_nexset_is_there(page, disk):
    give(page)
    source = Source.objects.get()
    address = reverse("uploading", args=[source.pk])
    part = reverse("upload-reading", args=[source.pk])
    Source.objects.update(share_read=0.43, rows_read=430_000)
    during, moving = page.get(address).content.decode(), page.get(part, headers=HTMX)

    assert "Waiting for a worker" in during
    assert f'hx-get="{part}"' in moving.content.decode()
    assert "43 %" in moving.content.decode()
    assert "430,000 rows read" in moving.content.decode()
    assert "<html" not in moving.content.decode()

    read(source)
    assert page.get(part, headers=HTMX).headers["HX-Redirect"] == address
    arrived = page.get(address, follow=True)
    assert arrived.redirect_chain[0][0] == reverse("nexset", args=[Nexset.objects.get().pk])
    assert "2 records are ready to be sent." in arrived.content.decode()
    assert "1 row was rejected." in arrived.content.decode()


def test_a_reading_that_failed_says_why_and_offers_another_try(page, disk):
    give(page, b"PK\x03\x04" + b"\0" * 50, "<b>users</b>.zip")
    source = Source.objects.get()
    read(source)

    content = page.get(reverse("uploading", args=[source.pk])).content.decode()
    part = page.get(reverse("upload-reading", args=[source.pk])).content.decode()

    assert "This is a ZIP archive" in content
    assert "This is a ZIP archive" in part
    assert "Try another file" in part
    assert "hx-trigger" not in part
    assert "b&gt;.zip" in content
    assert "<b>" not in content


def test_sources_are_listed_with_what_became_of_them(page, disk):
    assert "No sources yet" in page.get(reverse("sources")).content.decode()
    give(page)
    listed = page.get(reverse("sources")).content.decode()
    assert f'hx-get="{reverse("source-rows")}"' in listed
    read(Source.objects.get())

    rows = page.get(reverse("source-rows"), headers=HTMX).content.decode()

    assert "<html" not in rows
    assert "hx-get" not in rows
    assert "Ready" in rows
    assert "users.csv" in rows


def test_rejected_rows_are_listed_by_line_reason_and_beginning_page_by_page(page, disk):
    bad = b"".join(b"<i>%d</i>\n" % number for number in range(120))
    give(page, b"uid,plan\nann,free\n" + bad)
    source = Source.objects.get()
    read(source)
    address = reverse("source", args=[source.pk])

    first, last = page.get(address), page.get(address, {"page": 3})

    assert "the row has 1 cell, the header 2" in first.content.decode()
    assert "<code>&lt;i&gt;0&lt;/i&gt;</code>" in first.content.decode()
    assert "1 to 50 of 120" in first.content.decode()
    assert "&lt;i&gt;119&lt;/i&gt;" in last.content.decode()
    assert reverse("flow-delete", args=[source.pk]) in first.content.decode()


def test_the_page_of_a_source_renews_itself_until_the_reading_has_ended(page, disk):
    give(page)
    source = Source.objects.get()
    part = reverse("source-state", args=[source.pk])

    assert part in page.get(reverse("source", args=[source.pk])).content.decode()
    assert "Waiting for a worker" in page.get(part).content.decode()
    read(source)
    assert page.get(part).headers["HX-Refresh"] == "true"
    assert part not in page.get(reverse("source", args=[source.pk])).content.decode()


@pytest.mark.parametrize("name", ["uploading", "upload-reading", "source", "source-state"])
def test_sources_of_another_organization_are_not_found(page, disk, client, charlie, name):
    give(page)
    source = Source.objects.get()
    client.force_login(charlie)

    assert client.get(reverse(name, args=[source.pk])).status_code == 404
    assert "users.csv" not in client.get(reverse("sources")).content.decode()
    assert "users.csv" not in client.get(reverse("source-rows")).content.decode()
