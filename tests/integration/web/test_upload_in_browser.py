"""What static/js/upload.js adds to the form: dropping, sizes, refusals at once, the transfer."""

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from fsdest import hints
from fsdest.models import Source
from fsdest.web import uploads as doors

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DROP = """(content) => {
    const files = new DataTransfer();
    files.items.add(new File([content], "dropped.csv"));
    const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: files });
    document.querySelector("h1").dispatchEvent(event);
}"""


@pytest.fixture
def tab(context, client, ann, live_server, settings, tmp_path, monkeypatch):
    """Ann's browser on the upload page."""
    settings.UPLOAD_DIR = settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    monkeypatch.setattr(hints, "nudge_source", lambda source_id: None)
    client.force_login(ann)
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    context.add_cookies([cookie])
    tab = context.new_page()
    tab.goto(live_server.url + reverse("upload"))
    return tab


def test_a_file_dropped_anywhere_on_the_page_is_taken_and_sent(tab):
    tab.evaluate(DROP, "uid,plan\nann,free\n")
    assert tab.locator("[data-picked]").inner_text() == "18 bytes"
    tab.get_by_role("button", name="Upload").click()

    tab.wait_for_url("**/uploads/*-*/")
    assert tab.get_by_text("Waiting for a worker").is_visible()
    assert Source.objects.get().file_name == "dropped.csv"


def test_a_file_that_is_empty_or_has_no_room_is_refused_before_it_is_sent(tab, monkeypatch):
    tab.evaluate(DROP, "")
    assert tab.get_by_text("The file is empty.").is_visible()

    monkeypatch.setattr(doors, "room", lambda: 5)
    tab.reload()
    tab.evaluate(DROP, "uid,plan\nann,free\n")
    assert tab.get_by_text("no room for this file: up to 5\xa0bytes fit").is_visible()
    tab.get_by_role("button", name="Upload").click()
    assert tab.url.endswith(reverse("upload"))
    assert not Source.objects.exists()


def test_a_transfer_that_is_broken_off_says_so_and_can_be_tried_again(tab):
    tab.evaluate(DROP, "uid,plan\nann,free\n")
    tab.context.set_offline(True)
    tab.get_by_role("button", name="Upload").click()
    tab.get_by_text("The transfer was broken off.").wait_for()
    assert tab.locator("[data-transfer]").is_hidden()

    tab.context.set_offline(False)
    tab.get_by_role("button", name="Upload").click()
    tab.wait_for_url("**/uploads/*-*/")


def test_a_transfer_can_be_cancelled(tab):
    tab.route("**/uploads/new/", lambda route: None)  # never answers
    tab.evaluate(DROP, "uid,plan\nann,free\n")
    tab.get_by_role("button", name="Upload").click()
    tab.locator("[data-transfer]").get_by_role("button", name="Cancel").click()

    tab.get_by_text("The transfer was cancelled.").wait_for()
    assert not Source.objects.exists()
