"""A destination's page: how it stands, live, and what one does to it."""

import json
from datetime import timedelta
from html import unescape

import orjson
import pytest
from django.urls import reverse
from django.utils import timezone

from fsdest.models import CallPage, Destination, ImportJob, Parked, QuarantinedRecord
from fsdest.records import blocks

PARTS = ("destination-health", "destination-calls", "destination-jobs", "destination-actions")


def text(response) -> str:
    return " ".join(unescape(response.content.decode()).split())


def address(name: str, destination: Destination) -> str:
    return reverse(name, args=[destination.pk])


def record_a_call(destination: Destination, **line: object) -> None:
    """Write a page with one call, in the short names of delivery.pages."""
    now = timezone.now()
    whole = {"at": now.timestamp(), "ms": 41, "o": [[3, 3]], "v": 1, "s": 200, "k": "delivered"}
    CallPage.objects.create(
        destination=destination,
        lane=destination.lanes.first(),
        first_offset=3,
        last_offset=3,
        calls=1,
        first_at=now,
        last_at=now,
        data=blocks.pack([orjson.dumps(whole | line)]),
    )


def put_everywhere(destination: Destination) -> None:
    """10 delivered, 4 in an import job, 1 parked, 2 skipped, 3 in quarantine; 10 of 30 pending."""
    lane, now = destination.lanes.first(), timezone.now()
    destination.lanes.filter(pk=lane.pk).update(taken=20, delivered=10, skipped=2)
    more = {"destination": destination, "lane": lane, "version": destination.version}
    ImportJob.objects.create(
        **more, job_id="job-1", offsets=[[10, 13]], records=4, created_at=now - timedelta(minutes=3)
    )
    Parked.objects.create(**more, offset=14, due_at=now, parked_at=now)
    for offset in (15, 16, 17):
        QuarantinedRecord.objects.create(
            **more, offset=offset, code="bad", reason="Bad.", quarantined_at=now
        )


def test_the_account_adds_up_before_ones_eyes(page, destination):
    put_everywhere(destination)

    shown = text(page.get(address("destination", destination)))

    for word, records in {
        "delivered": 10,
        "in import jobs": 4,
        "pending": 10,
        "parked": 1,
        "skipped": 2,
    }.items():
        assert f"{word}</dt><dd>{records}</dd>" in shown
    assert "accepted</dt><dd>30</dd>" in shown
    assert f'<a id="to-quarantine" href="{address("quarantine", destination)}">3</a>' in shown
    assert "Adds up" in shown


def test_an_account_that_does_not_add_up_is_an_alarm(page, destination):
    destination.lanes.filter(number=0).update(taken=20, delivered=19)

    shown = text(page.get(address("destination", destination)))

    assert "This does not add up." in shown
    assert "Adds up" not in shown


def test_the_bar_shows_even_one_record_in_many(page, destination, nexset):
    type(nexset).objects.update(record_count=1_000_000)
    destination.lanes.filter(number=0).update(taken=1, delivered=1)

    assert 'x="0.0" width="0.6"' in text(page.get(address("destination", destination)))


def test_it_says_what_it_waits_for_and_until_when(page, make_destination):
    destination = make_destination(status="active")
    until = timezone.now() + timedelta(minutes=5)
    destination.lanes.filter(number=0).update(waits_for="FullStory asked to wait.", due_at=until)

    shown = text(page.get(address("destination-health", destination)))

    assert f'FullStory asked to wait. Next try at <time datetime="{until.isoformat()}">' in shown
    assert f"{until:%H:%M:%S} UTC" in shown


def test_with_all_sent_it_says_what_is_still_to_come(page, make_destination):
    destination = make_destination(status="active")
    destination.lanes.filter(number=0).update(taken=30, delivered=29)
    more = {"destination": destination, "lane": destination.lanes.first()}
    later = timezone.now() + timedelta(minutes=5)
    parked = Parked.objects.create(
        **more, version=destination.version, offset=3, due_at=later, parked_at=timezone.now()
    )
    address_of_it = address("destination-health", destination)

    shown = text(page.get(address_of_it))
    assert "1 record is parked and tried again by itself, the next one at" in shown
    assert f'datetime="{later.isoformat()}"' in shown

    parked.delete()
    ImportJob.objects.create(
        **more,
        version=destination.version,
        job_id="job-1",
        offsets=[[3, 3]],
        records=1,
        created_at=timezone.now(),
    )
    assert "FullStory is still importing 1 record." in text(page.get(address_of_it))


def test_a_destination_that_needs_attention_says_why(page, make_destination):
    destination = make_destination(status="error")
    Destination.objects.update(status_reason="FullStory refused the key.")

    shown = text(page.get(address("destination", destination)))

    assert "FullStory refused the key." in shown
    assert "Activate" in shown


def test_pausing_is_said_until_the_last_call_is_back(page, make_destination):
    destination = make_destination(status="active")
    destination.lanes.filter(number=0).update(lease_until=timezone.now() + timedelta(minutes=1))

    shown = text(page.post(address("destination-pause", destination), follow=True))

    assert "Pausing: no new call starts." in shown
    assert 'class="chip is-pausing"' in shown


def test_the_last_calls_say_their_verdict_in_words(page, destination):
    record_a_call(destination)
    record_a_call(destination, s=400, k="quarantine", c="bad_email", w="The email is not one.")
    record_a_call(destination, s=None, k="retry", w="FullStory did not answer in 30 s.")

    shown = text(page.get(address("destination-calls", destination)))

    assert 'Record 3 <span class="soft">user-3</span>' in shown
    assert "41 ms" in shown
    assert "In quarantine</span> <span>The email is not one." in shown
    assert "No reply" in shown


def test_an_import_job_shows_how_it_stands(page, destination):
    put_everywhere(destination)
    ImportJob.objects.update(status="failed", imported=3, errors=1, finished_at=timezone.now())

    shown = text(page.get(address("destination-jobs", destination)))

    assert "job-1" in shown
    assert 'class="chip is-paused">Completed with errors' in shown
    assert "3 min" in shown


def test_the_page_is_told_to_renew_calls_and_buttons_only_when_they_changed(page, destination):
    first = page.get(address("destination", destination))
    seen = {"seen": f"{first.context['status']}-{first.context['books']}"}
    url = address("destination-health", destination)
    assert "HX-Trigger" not in page.get(url, seen)

    record_a_call(destination)
    assert json.loads(page.get(url, seen)["HX-Trigger"]).keys() == {"destination-moved"}

    Destination.objects.update(status="active")
    assert json.loads(page.get(url, seen)["HX-Trigger"]).keys() >= {"destination-status"}


def test_activate_starts_and_pause_stops(page, destination):
    response = page.post(address("destination-activate", destination), follow=True)

    destination.refresh_from_db()
    assert destination.is_active
    assert "is active: its records are on their way." in text(response)

    page.post(address("destination-pause", destination))

    destination.refresh_from_db()
    assert destination.is_paused


def test_a_draft_is_not_activated_and_has_no_page_yet(page, make_destination):
    draft = make_destination(status="draft")

    response = page.get(address("destination", draft))
    assert response.url == address("wizard-configure", draft)

    page.post(address("destination-activate", draft))
    draft.refresh_from_db()
    assert draft.is_draft


def test_after_an_action_one_is_back_where_one_was(page, source, destination):
    flow = reverse("flow", args=[source.pk])
    url = address("destination-activate", destination)

    assert page.post(url, {"next": flow}).url == flow
    home = address("destination", destination)
    assert page.post(url, {"next": "https://elsewhere.example/"}).url == home


def test_a_copy_is_paused_and_has_sent_nothing(page, destination):
    destination.lanes.filter(number=0).update(delivered=30, taken=30)

    shown = text(page.post(address("destination-copy", destination), follow=True))

    twin = Destination.objects.exclude(pk=destination.pk).get()
    assert twin.is_paused
    assert "0 of 30" in shown


def test_deleting_tells_what_is_pending_and_then_deletes(page, source, destination):
    put_everywhere(destination)
    url = address("destination-delete", destination)

    shown = text(page.get(url))
    assert "10: they are not sent" in shown
    assert "FullStory goes on with them" in shown

    assert page.post(url).url == reverse("flow", args=[source.pk])
    assert not Destination.objects.exists()


def test_an_active_destination_is_paused_before_it_is_deleted(page, make_destination):
    destination = make_destination(status="active")

    response = page.post(address("destination-delete", destination))

    assert response.status_code == 409
    assert "Pause it first" in text(response)
    assert Destination.objects.exists()


@pytest.mark.parametrize("name", ["destination", *PARTS, "destination-delete"])
def test_a_stranger_finds_no_destination_of_ours(stranger, destination, name):
    assert stranger.get(address(name, destination)).status_code == 404


@pytest.mark.parametrize("verb", ["activate", "pause", "copy", "delete"])
@pytest.mark.surface("S18")
def test_a_stranger_does_nothing_to_ours(stranger, destination, verb):
    assert stranger.post(address(f"destination-{verb}", destination)).status_code == 404
    assert Destination.objects.get().is_paused


@pytest.mark.parametrize("verb", ["activate", "pause", "copy"])
@pytest.mark.surface("S9")
def test_looking_never_acts(page, destination, verb):
    assert page.get(address(f"destination-{verb}", destination)).status_code == 405


def test_an_import_job_that_imported_nothing_has_failed(page, destination):
    put_everywhere(destination)
    ImportJob.objects.update(status="failed", imported=0, errors=4, finished_at=timezone.now())

    shown = text(page.get(address("destination-jobs", destination)))

    assert 'class="chip is-failed">Failed' in shown


def test_an_import_job_that_does_not_end_is_told_on_the_page(page, destination):
    put_everywhere(destination)
    long_ago = timezone.now() - timedelta(hours=2, minutes=5)
    ImportJob.objects.update(created_at=long_ago)

    shown = text(page.get(address("destination", destination)))

    assert "FullStory has not finished an import job for 2 h 5 min" in shown
    assert "4 records are still in it" in shown
    assert "FullStory has not finished it for 2 h 5 min" in shown


def test_a_destination_halted_for_its_key_leads_to_the_credential(page, destination):
    Destination.objects.filter(pk=destination.pk).update(
        status="error", status_reason="FullStory does not accept the API key.", halt="key"
    )

    shown = text(page.get(address("destination-health", destination)))

    assert reverse("credential", args=[destination.credential_id]) in shown
    assert "once the new one works, this goes on by itself" in shown
