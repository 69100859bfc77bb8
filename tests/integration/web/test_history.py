"""Past calls, found by what one knows of them, and a record with its attempts."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.urls import reverse

from fsdest.delivery import history as books
from fsdest.delivery import pages
from fsdest.delivery.calls import Exchange
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.models import EditedRecord, ImportJob, Parked, QuarantinedRecord

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOOK = Verdict(VerdictKind.DELIVERED, "FullStory has it.")
REFUSED = Verdict(VerdictKind.QUARANTINE, "Refused.", code="bad_email", message="a <bad> one")
SILENT = Verdict(VerdictKind.RETRY, "No answer came.", code="timeout")


def text(response) -> str:
    return " ".join(unescape(response.content.decode()).split())


def address(destination) -> str:
    return reverse("history", args=[destination.pk])


def record_address(destination, offset: int) -> str:
    return reverse("destination-record", args=[destination.pk, offset])


def call(offset: int, *, second: float, status: int | None = 200, verdict=TOOK) -> Exchange:
    return Exchange(
        at=NOON + timedelta(seconds=second),
        elapsed=timedelta(milliseconds=41),
        offsets=[offset],
        version=1,
        generation=0,
        status=status,
        verdict=verdict,
    )


@pytest.fixture
def called(destination):
    """Records 0 to 9 in one page, then 3 (refused), 4 (no reply) and 4 again in another."""
    lane = destination.lanes.get(number=0)
    pages.page(lane, [call(n, second=n) for n in range(10) if n not in {3, 4}]).save()
    pages.page(
        lane,
        [
            call(3, second=20, status=400, verdict=REFUSED),
            call(4, second=21, status=None, verdict=SILENT),
            call(4, second=22),
        ],
    ).save()
    destination.lanes.update(cursor=10)
    return destination


def offsets_shown(response) -> list[int]:
    return [row.call.first_offset for row in response.context["rows"]]


def test_the_whole_history_is_shown_the_newest_first(page, called):
    response = page.get(address(called))

    assert offsets_shown(response) == [4, 4, 3, 9, 8, 7, 6, 5, 2, 1, 0]
    assert "24 Nov, 12:00:22" in text(response)


@pytest.mark.parametrize(
    ("asked", "offsets"),
    [
        ({"uid": "user-4"}, [4, 4]),
        ({"uid": "user-4", "outcome": "silent"}, [4]),
        ({"uid": "user-4", "offset": "5"}, []),
        ({"uid": "USER-4"}, []),
        ({"offset": "3"}, [3]),
        ({"offset": "25"}, []),
        ({"status": "400"}, [3]),
        ({"status": "200", "since": "2026-11-24T12:00:09"}, [4, 9]),
        ({"code": "bad_email"}, [3]),
        ({"code": "bad"}, []),
        ({"outcome": "silent"}, [4]),
        ({"outcome": "not"}, [4, 3]),
        ({"outcome": "quarantine"}, [3]),
        ({"outcome": "accepted"}, []),
        ({"until": "2026-11-24T12:00:01"}, [1, 0]),
        ({"since": "2026-11-24T12:00:05", "until": "2026-11-24T12:00:06"}, [6, 5]),
        ({"until": "2026-11-24T11:59"}, []),
        ({"since": "2026-11-24T12:01"}, []),
    ],
)
def test_calls_are_found_by_what_one_knows_of_them(page, called, asked, offsets):
    assert offsets_shown(page.get(address(called), asked)) == offsets


def test_a_long_history_comes_in_pages_that_miss_and_repeat_nothing(page, destination):
    lanes = list(destination.lanes.all())
    for n in range(0, 200, 10):  # pages of four lanes that overlap in time
        some = [call(n + k, second=n / 10 + k) for k in range(10)]
        pages.page(lanes[n // 10 % len(lanes)], some).save()
    seen, query = [], ""
    for _ in range(20):
        response = page.get(f"{address(destination)}?{query}")
        seen += [(row.call.at, row.call.first_offset) for row in response.context["rows"]]
        if not response.context["has_older"]:
            break
        query = response.context["older"]

    assert len(seen) == 200
    assert seen == sorted(set(seen), reverse=True)


def test_a_search_that_runs_out_of_time_says_so_and_goes_on(called):
    wanted, before, found, steps = books.Wanted(), None, [], 0
    while steps == 0 or before is not None:
        step = books.search(called, wanted, limit=50, before=before, within_s=0)
        found += [(each.at, each.first_offset) for each in step.calls]
        assert (step.back_to is None) == (step.before is None)
        before, steps = step.before, steps + 1

    assert len(found) == 11
    assert found == sorted(found, reverse=True)
    assert steps > 1


def test_what_cannot_match_is_not_read(called, monkeypatch):
    read = []
    unpack = books.blocks.unpack
    monkeypatch.setattr(books.blocks, "unpack", lambda data: read.append(1) or unpack(data))

    books.search(called, books.Wanted(status=400), limit=50)

    assert len(read) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"status": "abc"},
        {"offset": "-1"},
        {"offset": "9" * 30},
        {"outcome": "nonsense"},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00"},
        {"until": "9999-12-31T23:59:59"},
    ],
)
def test_what_makes_no_sense_is_said_in_place(page, called, asked):
    response = page.get(address(called), asked)

    assert response.status_code == 200
    assert 'role="alert"' in text(response)
    assert "Nothing was looked for" in text(response)


@pytest.mark.parametrize("before", ["x", "1-2", "9" * 40 + "-0-0-0", "-1-2-3-4"])
def test_a_broken_link_shows_something(page, called, before):
    assert page.get(address(called), {"before": before, "from": before}).status_code == 200


def test_an_empty_history_and_an_empty_search_say_what_to_do(page, destination):
    assert "No calls yet" in text(page.get(address(destination)))
    assert "No call is like that" in text(page.get(address(destination), {"status": "500"}))
    assert "No record of this nexset has uid “nobody”" in text(
        page.get(address(destination), {"uid": "nobody"})
    )


@pytest.mark.surface("S12")
def test_what_fullstory_said_is_text_and_never_markup(page, called):
    assert b"a &lt;bad&gt; one" in page.get(address(called)).content
    assert b"a &lt;bad&gt; one" in page.get(record_address(called, 3)).content


def test_a_record_shows_its_request_and_its_attempts_in_order(page, called):
    response = page.get(record_address(called, 4))
    shown = text(response)

    assert [each.row.call.status for each in response.context["attempts"]] == [None, 200]
    assert '"email": "user-4@example.com"' in shown
    assert "/v2/users" in shown
    assert "SECRET" not in shown
    assert response.context["at"].place == "delivered"


def more(destination) -> dict[str, object]:
    lane = destination.lanes.get(number=0)
    return {"destination": destination, "lane": lane, "version": destination.version}


def set_aside(destination, offset: int, status: str) -> QuarantinedRecord:
    return QuarantinedRecord.objects.create(
        **more(destination),
        offset=offset,
        code="bad_email",
        reason="The email is not one.",
        status=status,
        quarantined_at=NOON,
    )


def place(page, destination, offset: int) -> str:
    return page.get(record_address(destination, offset)).context["at"].place


def test_a_record_says_where_it_is(page, called):
    set_aside(called, 3, "open")
    set_aside(called, 5, "discarded")
    set_aside(called, 6, "released")
    Parked.objects.create(
        **more(called), offset=7, due_at=NOON, parked_at=NOON, reason="FullStory was busy."
    )
    ImportJob.objects.create(
        **more(called), job_id="job-1", offsets=[[8, 9]], records=2, created_at=NOON, due_at=NOON
    )

    assert place(page, called, 3) == "quarantined"
    assert place(page, called, 5) == "skipped"
    assert place(page, called, 6) == "delivered"
    assert place(page, called, 7) == "parked"
    assert place(page, called, 8) == "in_job"
    assert place(page, called, 20) == "pending"
    assert "FullStory was busy." in text(page.get(record_address(called, 7)))
    assert "job-1" in text(page.get(record_address(called, 9)))


def test_a_parked_record_names_the_earlier_one_of_its_user(page, called):
    for offset in (7, 8):
        Parked.objects.create(
            **more(called), offset=offset, order_key="ann", due_at=NOON, parked_at=NOON
        )

    assert page.get(record_address(called, 8)).context["at"].behind == 7
    assert page.get(record_address(called, 7)).context["at"].behind is None


def test_a_settled_record_without_its_calls_claims_nothing_that_is_not_known(page, called):
    called.pages.all().delete()
    assert place(page, called, 2) == "delivered"
    called.lanes.filter(number=0).update(skipped=1)
    assert place(page, called, 2) == "settled"


def test_a_record_that_is_not_there_is_not_found(page, called):
    assert page.get(record_address(called, 30)).status_code == 404
    assert page.get(record_address(called, 10**18)).status_code == 404


def test_the_lists_of_calls_and_the_quarantine_lead_to_the_record(page, called):
    set_aside(called, 3, "open")
    for name in ("destination", "quarantine", "history"):
        shown = page.get(reverse(name, args=[called.pk])).content.decode()
        assert record_address(called, 3) in shown


def test_nobody_of_another_organization_sees_any_of_it(stranger, called):
    for url in (address(called), record_address(called, 3)):
        assert stranger.get(url).status_code == 404
        assert stranger.get(url, headers={"HX-Request": "true"}).status_code == 404


def test_a_draft_has_no_history_yet(page, make_destination):
    draft = make_destination(status="draft")

    assert page.get(address(draft)).status_code == 302
    assert page.get(record_address(draft, 0)).status_code == 302


def test_calls_of_an_edited_record_say_by_whom_it_was_edited(page, called, ann):
    EditedRecord.objects.create(
        destination=called,
        offset=4,
        line='{"uid": "right"}',
        edited_at=NOON + timedelta(seconds=21.5),
        edited_by=ann,
    )

    assert text(page.get(address(called))).count("Edited by ann") == 1
    shown = text(page.get(record_address(called, 4)))
    assert shown.count("As ann wrote it on 24 Nov 2026, 12:00:21 UTC") == 1
