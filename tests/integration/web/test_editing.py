"""Editing a record that was set aside, and deciding on many, in the browser."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.delivery import control, decisions
from fsdest.delivery.quarantine import Scope
from fsdest.models import Decision, Parked, QuarantinedRecord, Role

OPEN = QuarantinedRecord.Status.OPEN


def text(response) -> str:
    return " ".join(unescape(response.content.decode()).split())


@pytest.fixture
def row(destination):
    """Record 1, refused with 400."""
    lane = destination.lanes.first()
    destination.lanes.filter(pk=lane.pk).update(taken=1)
    return QuarantinedRecord.objects.create(
        destination=destination,
        lane=lane,
        version=destination.version,
        offset=1,
        order_key="user-1",
        code="bad_email",
        reason="The email is not one.",
        message="email: must be an <address>",
        reply_status=400,
        attempts=1,
        quarantined_at=timezone.now(),
    )


@pytest.fixture
def address(destination, row):
    return reverse("destination-record-edit", args=[destination.pk, 1])


@pytest.fixture
def many(destination, row, monkeypatch):
    """Three records, which count as many."""
    monkeypatch.setattr(decisions, "AT_ONCE", 2)
    destination.lanes.filter(pk=row.lane_id).update(taken=3)
    for offset in (2, 3):
        row.pk, row.offset = None, offset
        row.save()


def second_version(destination):
    control.save_version(destination, destination.version.read(), user=None, now=timezone.now())


def test_the_record_is_shown_as_text_with_what_fullstory_said(page, address):
    shown = text(page.get(address))

    assert '"uid": "user-1"' in shown
    assert "FullStory said: email: must be an <address>" in shown


def test_an_edited_record_is_released_and_its_page_tells_by_whom(page, address, destination, ann):
    typed = '{"uid": "user-1", "email": "right@example.com"}'

    shown = text(page.post(address, {"record": typed}, follow=True))

    assert "The edited record is sent once the destination is active." in shown
    assert "ann edited it on" in shown
    assert "right@example.com" in shown
    assert "As it came in" in shown
    assert "user-1@example.com" in shown
    assert Parked.objects.get().offset == 1
    assert destination.decisions.get().created_by == ann


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ('{"uid": "user-1",\n  "email" "x"}', "Line 2, column 11: from here on this is not JSON"),
        ("", "Line 1, column 1: from here on this is not JSON"),
        ("[1]", "A record is a JSON object"),
        ('{"uid": 123456789012345678901234567890}', "A number is too large to be kept"),
        ('{"email": "x@example.com"}', "makes no request of it"),
    ],
)
def test_what_is_no_record_comes_back_as_it_was_typed(page, address, row, typed, sentence):
    response = page.post(address, {"record": typed})

    assert response.status_code == 422
    shown = unescape(response.content.decode())
    assert sentence in shown
    assert typed in shown
    row.refresh_from_db()
    assert row.status == OPEN
    assert not Parked.objects.exists()


def test_a_record_that_is_not_in_quarantine_leads_to_its_page(page, address, row):
    row.delete()

    assert "Only a record that is in quarantine" in text(page.get(address, follow=True))


def test_the_version_to_build_it_with_is_chosen_on_the_page(page, address, destination):
    second_version(destination)
    shown = text(page.get(address))
    assert "The current configuration, version 2" in shown
    assert "The original one: version 1" in shown

    page.post(address, {"record": '{"uid": "user-1"}', "configuration": "original"})

    assert Parked.objects.get().version.number == 1


def test_a_group_is_released_with_the_current_version_unless_one_says_otherwise(
    page, destination, row
):
    second_version(destination)
    url = reverse("quarantine-decide", args=[destination.pk, "release"])
    assert "The original one: version 1" in text(page.get(url, {"all": 1}))

    page.post(url, {"all": 1})

    assert Parked.objects.get().version.number == 2


def test_what_is_set_aside_after_the_count_stays(page, destination, row):
    url = reverse("quarantine-decide", args=[destination.pk, "release"])
    counted = page.get(url, {"all": 1}).context["until"]
    QuarantinedRecord.objects.filter(pk=row.pk).update(quarantined_at=timezone.now())

    page.post(url, {"all": 1, "until": counted.isoformat()})

    assert not Parked.objects.exists()


@pytest.mark.parametrize("odd", ["x", "2026-99-99T00:00:00", "2026-01-01T00:00:00"])
def test_an_odd_moment_is_now(page, destination, row, odd):
    url = reverse("quarantine-decide", args=[destination.pk, "release"])

    page.post(url, {"all": 1, "until": odd})

    assert Parked.objects.count() == 1


def test_many_are_released_with_progress_and_may_be_cancelled(page, destination, many):
    url = reverse("quarantine-decide", args=[destination.pk, "release"])

    shown = text(page.post(url, {"all": 1}, follow=True))

    assert "3 records are being released." in shown
    assert "0 of 3 so far" in shown
    decision = destination.decisions.get()
    cancel = reverse("decision-cancel", args=[destination.pk, decision.pk])
    shown = text(page.post(cancel, follow=True))
    assert "Cancelled. 3 of 3 stay in quarantine." in shown
    assert "Released 0 of 3 records, then it was cancelled." in shown


def test_the_page_learns_that_a_decision_has_ended(page, destination, many):
    decision = decisions.decide(destination, Decision.Verb.DISCARD, Scope(), now=timezone.now())
    url = reverse("quarantine-decided", args=[destination.pk])
    assert "HX-Trigger" not in page.get(url).headers

    decisions.work(decision.pk, clock=timezone.now)

    response = page.get(url)
    assert "quarantine-moved" in response.headers["HX-Trigger"]
    assert "Discarded 3 records" in text(response)


def test_the_record_page_shows_the_request_as_it_was_sent_and_the_reply(page, destination, row):
    configuration = destination.version.read()
    control.save_version(destination, configuration, user=None, now=timezone.now())

    shown = text(page.get(reverse("destination-record", args=[destination.pk, 1])))

    assert "Its last request, as it was sent" in shown
    assert "Made by version 1." in shown
    assert "Idempotency-Key" in shown
    assert "As version 2, the current one, makes it" in shown
    assert "bad_email" in shown
    assert "Basic ••••" in shown


@pytest.mark.parametrize(
    "name", ["destination-record-edit", "quarantine-decided", "decision-cancel"]
)
def test_a_stranger_finds_nothing(stranger, destination, row, many, name):
    decision = decisions.decide(destination, Decision.Verb.DISCARD, Scope(), now=timezone.now())
    more = {"destination-record-edit": [1], "decision-cancel": [decision.pk]}.get(name, [])
    url = reverse(name, args=[destination.pk, *more])

    asked = stranger.post(url) if name == "decision-cancel" else stranger.get(url)

    assert asked.status_code == 404
    decision.refresh_from_db()
    assert decision.is_running


def test_a_viewer_sees_the_quarantine_and_nothing_to_decide(page, destination, row, ann):
    lists = reverse("quarantine", args=[destination.pk])
    record = reverse("destination-record", args=[destination.pk, 1])
    decides = ("quarantine/release/", "quarantine/discard/", "/edit/")
    assert all(each in text(page.get(lists)) for each in decides)
    ann.memberships.update(role=Role.VIEWER)

    shown = text(page.get(lists)) + text(page.get(record))

    assert "Record 1 · user-1" in shown
    assert not [each for each in decides if each in shown]
