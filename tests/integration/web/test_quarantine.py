"""Records that were set aside: what one sees of them, and what one does with them."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.fullstory import unknown
from fsdest.models import Destination, Parked, QuarantinedRecord

OPEN = QuarantinedRecord.Status.OPEN


def text(response) -> str:
    return " ".join(unescape(response.content.decode()).split())


def address(destination: Destination, *verb: str) -> str:
    return reverse("quarantine-decide" if verb else "quarantine", args=[destination.pk, *verb])


def count_address(destination: Destination, verb: str) -> str:
    return reverse("quarantine-decide-count", args=[destination.pk, verb])


@pytest.fixture
def set_aside(destination):
    """Records 1, 2 and 3: two with a bad email, one too large."""
    lane = destination.lanes.first()
    destination.lanes.filter(number=0).update(taken=0)
    destination.lanes.filter(pk=lane.pk).update(taken=3)
    return [
        QuarantinedRecord.objects.create(
            destination=destination,
            lane=lane,
            version=destination.version,
            offset=offset,
            order_key=f"user-{offset}",
            code=code,
            reason=reason,
            message="email: must be an <address>",
            reply_status=400,
            attempts=1,
            quarantined_at=timezone.now(),
        )
        for offset, code, reason in (
            (1, "bad_email", "The email is not one."),
            (2, "bad_email", "The email is not one."),
            (3, "too_large", "It is too large."),
        )
    ]


def test_each_record_is_shown_with_fullstorys_words_and_ours(page, destination, set_aside):
    shown = text(page.get(address(destination)))

    assert "3</span> records set aside" in shown
    assert "Record 1 · user-1" in shown
    assert '"uid": "user-1"' in shown
    assert "The email is not one." in shown
    assert "FullStory said: email: must be an <address>" in shown
    assert "Status 400" in shown


def test_what_happened_without_an_answer_is_not_told_as_fullstorys_words(
    page, destination, set_aside
):
    destination.quarantined.filter(offset=1).update(
        code=unknown.CODE, message="The connection broke.", reply_status=None
    )

    shown = text(page.get(address(destination)))

    assert "What happened: The connection broke." in shown
    assert shown.count("FullStory said: ") == 2


@pytest.mark.surface("S12")
def test_what_fullstory_said_is_text_and_never_markup(page, destination, set_aside):
    assert b"must be an &lt;address&gt;" in page.get(address(destination)).content


def test_a_group_is_shown_alone(page, destination, set_aside):
    shown = text(page.get(address(destination), {"code": "too_large"}))

    assert "Record 3" in shown
    assert "Record 1" not in shown
    assert '<span class="group-count">2</span>' in shown


def test_a_long_quarantine_comes_in_pages(page, destination, set_aside):
    first = set_aside[0]
    QuarantinedRecord.objects.bulk_create(
        QuarantinedRecord(
            destination=destination,
            lane=first.lane,
            version=first.version,
            offset=offset,
            code="bad_email",
            reason="The email is not one.",
            quarantined_at=timezone.now(),
        )
        for offset in range(4, 28)
    )

    shown = text(page.get(address(destination), {"code": "bad_email", "page": 2}))

    assert "21 to 26 of 26" in shown
    assert "?code=bad_email&page=1" in shown


def test_an_empty_quarantine_says_so(page, destination):
    assert "Nothing in quarantine" in text(page.get(address(destination)))


def test_releasing_asks_with_the_count_of_the_moment(page, destination, set_aside):
    asked = {"code": "bad_email"}
    assert "2 records" in text(page.get(address(destination, "release"), asked))

    set_aside[0].delete()

    assert "1 record<" in text(page.get(count_address(destination, "release"), asked))


def test_a_released_group_is_sent_again(page, destination, set_aside):
    url = address(destination, "release")

    shown = text(page.post(url, {"code": "bad_email"}, follow=True))

    assert "Released 2 records: they are sent again once the destination is active." in shown
    assert set(Parked.objects.values_list("offset", flat=True)) == {1, 2}
    assert QuarantinedRecord.objects.get(status=OPEN).offset == 3


def test_chosen_records_are_discarded_and_count_as_skipped(page, destination, set_aside):
    chosen = [set_aside[0].pk, set_aside[2].pk]
    url = address(destination, "discard")
    assert "2 records" in text(page.get(url, {"id": chosen}))

    shown = text(page.post(url, {"id": chosen}, follow=True))

    assert "Discarded 2 records" in shown
    assert QuarantinedRecord.objects.get(status=OPEN).offset == 2
    assert "Adds up" in text(page.get(reverse("destination", args=[destination.pk])))


def test_all_are_released_only_when_all_is_said(page, destination, set_aside):
    url = address(destination, "release")

    assert "Choose the records first." in text(page.post(url, follow=True))
    assert not Parked.objects.exists()

    page.post(url, {"all": "1"})

    assert Parked.objects.count() == 3


@pytest.mark.parametrize("odd", ["", "x", "-1", "9" * 30])
def test_an_odd_choice_chooses_nothing(page, destination, set_aside, odd):
    page.post(address(destination, "discard"), {"id": odd})

    assert QuarantinedRecord.objects.filter(status=OPEN).count() == 3


def test_only_release_and_discard_are_verbs(page, destination, set_aside):
    url = reverse("quarantine-decide", args=[destination.pk, "explode"])

    assert page.get(url, {"all": "1"}).status_code == 404


def test_a_stranger_sees_and_does_nothing(stranger, destination, set_aside):
    groups = reverse("quarantine-groups", args=[destination.pk])
    for url in (address(destination), groups, count_address(destination, "release")):
        assert stranger.get(url, {"all": "1"}).status_code == 404
    for verb in ("release", "discard"):
        assert stranger.post(address(destination, verb), {"all": "1"}).status_code == 404
    assert QuarantinedRecord.objects.filter(status=OPEN).count() == 3


def test_one_row_stands_for_all_records_that_its_buttons_mean(page, destination, set_aside):
    first = set_aside[0]
    first.reason = "email has 150 characters; FullStory takes at most 128."
    first.save()

    shown = text(page.get(address(destination)))

    alike = QuarantinedRecord.objects.filter(code=first.code).count()
    assert alike == 2
    assert shown.count(f"{address(destination, 'release')}?code={first.code}") == 1
    assert f'<span class="group-count">{alike}</span>' in shown
    assert "in 2 wordings" in shown
