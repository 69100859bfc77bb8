"""How far an import job is, page by page, and which records it refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.fullstory import jobs
from fsdest.fullstory.jobs import ItemError, JobStatus
from fsdest.fullstory.verdicts import Verdict, VerdictKind


def answer(status, imports=0, errors=0):
    return {"imports": imports, "errors": errors, "job": {"id": "a=", "status": status}}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (answer("PROCESSING"), JobStatus(is_done=False, imports=0, errors=0)),
        (answer("COMPLETED", 42), JobStatus(is_done=True, imports=42, errors=0)),
        (answer("COMPLETED", 41, 1), JobStatus(is_done=True, imports=41, errors=1)),
        (answer("FAILED", 40, 2), JobStatus(is_done=True, imports=40, errors=2)),
        (answer("FAILED", "40", "2"), JobStatus(is_done=True, imports=40, errors=2)),
    ],
)
def test_a_status_tells_whether_the_job_is_done(reply, body, status):
    assert jobs.status(reply(200, body)) == status


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, answer("QUEUED"), VerdictKind.RETRY),
        (200, {"job": []}, VerdictKind.RETRY),
        (200, b"<html>", VerdictKind.RETRY),
        (401, b"", VerdictKind.HALT),
        (429, b"", VerdictKind.HOLD),
        (500, b"", VerdictKind.RETRY),
        (404, {"code": "resource_not_found", "message": "No."}, VerdictKind.QUARANTINE),
    ],
)
def test_what_is_no_status_is_a_verdict(reply, status, body, kind):
    found = jobs.status(reply(status, body))

    assert isinstance(found, Verdict)
    assert found.kind is kind


def test_a_page_of_errors_holds_the_refused_items(reply):
    body = {
        "results": [{"message": "Empty uid", "code": "invalid_parameter", "user": {"uid": ""}}],
        "total_records": "1200",
        "next_page_token": "asd=",
    }
    page = jobs.page(reply(200, body), family="users")

    assert page.errors == [ItemError("invalid_parameter", "Empty uid", {"uid": ""})]
    assert (page.next_token, page.total) == ("asd=", 1200)


def test_a_page_of_event_errors_holds_the_events(reply):
    event = {"name": "E1", "user": {"uid": "ann"}}
    body = {"results": [{"message": "m", "code": "c", "event": event}], "total_records": "1"}
    page = jobs.page(reply(200, body), family="events")

    assert page.errors[0].item == event
    assert page.errors[0].key == "ann"
    assert page.next_token == ""


def test_a_page_may_leave_out_results_when_there_are_none(reply):
    page = jobs.page(reply(200, {"total_records": "0"}))

    assert (page.results, page.errors) == ([], [])


@pytest.mark.parametrize("body", [b"", {"results": 1}, {"results": [1]}])
@pytest.mark.parametrize("status", [200, 202])
def test_what_is_no_page_is_asked_for_again(reply, status, body):
    assert jobs.page(reply(status, body)).kind is VerdictKind.RETRY


def test_a_job_that_is_still_at_work_has_no_pages_yet(reply):
    assert jobs.page(reply(202, {"results": []})).kind is VerdictKind.RETRY


def test_job_ids_and_tokens_are_percent_encoded():
    assert jobs.status_path("users", "a/b=") == "/v2/users/batch/a%2Fb%3D"
    assert jobs.errors_path("events", "j") == "/v2/events/batch/j/errors"
    assert jobs.errors_path("users", "j=", "t&=") == (
        "/v2/users/batch/j%3D/errors?page_token=t%26%3D"
    )
    assert jobs.imports_path("users", "j") == "/v2/users/batch/j/imports"


def refusal(**item):
    return ItemError("invalid_parameter", "No.", item)


def test_an_error_finds_its_record_by_the_whole_content():
    sent = [(7, {"uid": "ann", "email": "x"}), (9, {"uid": "ann", "email": "y"})]
    matched = jobs.match_errors(sent, [refusal(email="y", uid="ann")])

    assert list(matched.by_offset) == [9]
    assert matched.unmatched == []


def test_equal_records_are_blamed_in_the_order_in_which_they_were_sent():
    sent = [(1, {"uid": "ann"}), (2, {"uid": "ann"}), (3, {"uid": "ann"})]
    first, second = refusal(uid="ann"), ItemError("other", "Later.", {"uid": "ann"})
    matched = jobs.match_errors(sent, [first, second])

    assert matched.by_offset == {1: first, 2: second}


def test_a_normalised_echo_still_finds_its_record():
    sent = [
        (
            1,
            {
                "uid": "ann",
                "properties": {"n": 2.0, "x": 1},
                "schema": {"properties": {"n": "int"}},
            },
        ),
        (2, {"uid": "ann", "properties": {"n": 3}}),
    ]
    echo = refusal(uid="ann", display_name="", properties={"x": 1, "n": 2}, schema=None)

    assert list(jobs.match_errors(sent, [echo]).by_offset) == [1]


def test_a_changed_echo_is_found_by_uid():
    sent = [(1, {"uid": "ann", "properties": {"a": 1}}), (2, {"uid": "ben"})]

    assert list(jobs.match_errors(sent, [refusal(uid="ann")]).by_offset) == [1]


def test_an_exact_match_goes_before_a_loose_one():
    sent = [(1, {"uid": "ann", "properties": {"a": 1}}), (2, {"uid": "ann"})]
    loose, exact = refusal(uid="ann", properties={"a": 2}), refusal(uid="ann")
    matched = jobs.match_errors(sent, [loose, exact])

    assert matched.by_offset == {1: loose, 2: exact}


def test_a_record_that_is_blamed_already_is_not_blamed_again():
    sent = [(1, {"uid": "ann"}), (2, {"uid": "ann", "properties": {"a": 1}})]
    exact, loose = refusal(uid="ann"), refusal(uid="ann", properties={"a": 2})
    matched = jobs.match_errors(sent, [exact, loose])

    assert matched.by_offset == {1: exact, 2: loose}


def test_an_event_is_found_by_name_user_and_time():
    def event(at):
        return {"name": "E", "user": {"uid": "ann"}, "timestamp": at, "properties": {"a": 1}}

    echo = refusal(name="E", user={"uid": "ann"}, timestamp="2024-01-02T00:00:00Z")
    sent = [(1, event("2024-01-01T00:00:00Z")), (2, event("2024-01-02T00:00:00Z"))]

    assert list(jobs.match_errors(sent, [echo]).by_offset) == [2]


def test_an_echo_that_is_nested_absurdly_is_found_by_uid():
    deep = {}
    for _ in range(900):
        deep = {"in": deep}
    echo = refusal(uid="ann", properties=deep)

    assert list(jobs.match_errors([(1, {"uid": "ann"})], [echo]).by_offset) == [1]


def test_an_error_that_fits_no_record_is_told():
    stray = refusal(uid="zoe")
    matched = jobs.match_errors([(1, {"uid": "ann"})], [stray])

    assert (matched.by_offset, matched.unmatched) == ({}, [stray])


users = st.fixed_dictionaries(
    {},
    optional={"uid": st.sampled_from("abc"), "properties": st.dictionaries(st.text(), st.none())},
)


@given(st.lists(users, max_size=12), st.data())
def test_errors_that_repeat_their_records_all_find_one(items, data):
    sent = list(enumerate(items))
    chosen = data.draw(
        st.lists(st.sampled_from(sent), unique_by=lambda s: s[0]) if sent else st.just([])
    )
    errors = [refusal(**item) for _, item in chosen]

    matched = jobs.match_errors(sent, errors)

    assert matched.unmatched == []
    assert len(matched.by_offset) == len(errors)
    assert all(items[offset] == error.item for offset, error in matched.by_offset.items())
