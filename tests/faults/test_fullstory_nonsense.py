"""FullStory, or something in between, answers nonsense: it is never taken for a delivery."""

import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.fault("F15"), pytest.mark.timeout(240)]
CALLS = "POST /v2/users"
NOTHING_DONE = [
    {"status": 200, "body": ""},
    {"status": 200, "body": "OK"},
    {"status": 200, "body": '{"id": "1', "headers": {"Content-Type": "application/json"}},
    {"status": 200, "body": "[1, 2, 3]", "headers": {"Content-Type": "application/json"}},
    {"status": 200, "body": "<html>Please log in</html>", "headers": {"Content-Type": "text/html"}},
    {"status": 299, "body": "\u0000\ufffd"},
    {"status": 520, "body": "x" * 100_000},
    {"status": 503, "headers": {"Retry-After": "nonsense"}},
]
DONE = ["truncate", "html", "content_type", "cut_midway"]


@pytest.mark.parametrize(
    "answer", NOTHING_DONE, ids=lambda a: f"{a['status']} {a.get('body')!r:.12}"
)
def test_an_answer_that_is_not_fullstorys_delivers_nothing(office, send_users, answer):
    office.play(kind="status", route=CALLS, every=40, times=12, saved=False, **answer)
    run = send_users(office, users=1_000, bad=3)

    run.wait_for_end(within_s=90)

    (played,) = office.fullstory("faults")["faults"]
    assert played["played"] == 12
    run.check_the_books()


@pytest.mark.parametrize("kind", DONE)
def test_what_was_done_though_the_answer_is_garbled_is_done_once(office, send_users, kind):
    office.play(kind=kind, route=CALLS, every=40, times=12)
    run = send_users(office, users=1_000, bad=3)

    run.wait_for_end(within_s=90)

    run.check_the_books()


def test_an_address_that_has_moved_halts_and_the_key_does_not_follow(office, send_users):
    elsewhere = {"Location": f"{office.sandbox_url}/elsewhere"}
    office.play(kind="status", status=307, headers=elsewhere, route=CALLS, saved=False)
    run = send_users(office, users=300)
    run.wait_for_status("error", within_s=30)
    time.sleep(1)

    assert "moved" in run.account["status_reason"]
    assert not [each for each in run.requests() if "elsewhere" in each["path"]]
    office.stop_playing()
    office.ask("activate", destination=run.destination)
    run.wait_for_end(within_s=60)
    run.check_the_books()
