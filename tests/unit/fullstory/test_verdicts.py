"""What each reply means, and that nothing dubious passes for a success."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsdest.exchange import NoReply, Reply, Silence
from fsdest.fullstory.verdicts import VerdictKind, judge

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
JOB = {"job": {"id": "abc=", "status": "PROCESSING"}}
K = VerdictKind


def error(code, message="No."):
    return {"code": code, "message": message}


@pytest.mark.parametrize(
    ("status", "body", "one", "several"),
    [
        (200, {"id": "1"}, K.DELIVERED, K.DELIVERED),
        (200, {}, K.DELIVERED, K.DELIVERED),
        (204, b"", K.DELIVERED, K.DELIVERED),
        (301, b"", K.HALT, K.HALT),
        (307, b"", K.HALT, K.HALT),
        (400, error("required_field"), K.QUARANTINE, K.SPLIT),
        (401, error("unauthorized"), K.HALT, K.HALT),
        (403, error("forbidden"), K.HALT, K.HALT),
        (404, error("user_not_found"), K.QUARANTINE, K.HALT),
        (404, b"", K.HALT, K.HALT),
        (405, error("method_not_allowed"), K.HALT, K.HALT),
        (408, b"", K.RETRY, K.RETRY),
        (409, error("conflict"), K.RETRY, K.RETRY),
        (409, error("already_exists"), K.QUARANTINE, K.SPLIT),
        (413, b"", K.QUARANTINE, K.SPLIT),
        (422, error("invalid_argument"), K.QUARANTINE, K.SPLIT),
        (425, b"", K.RETRY, K.RETRY),
        (429, error("too_many_requests"), K.HOLD, K.HOLD),
        (500, error("server_error"), K.RETRY, K.RETRY),
        (502, b"<html>", K.RETRY, K.RETRY),
        (503, b"", K.RETRY, K.RETRY),
        (504, b"", K.RETRY, K.RETRY),
        (599, b"", K.RETRY, K.RETRY),
    ],
)
def test_the_table_of_verdicts(reply, status, body, one, several):
    assert judge(reply(status, body), records=1).kind is one
    assert judge(reply(status, body), records=100).kind is several


@pytest.mark.parametrize(
    ("silence", "kind"),
    [
        (Silence.BLOCKED, K.HALT),
        (Silence.TLS, K.HALT),
        (Silence.REFUSED, K.RETRY),
        (Silence.TIMEOUT, K.RETRY),
        (Silence.CUT, K.RETRY),
    ],
)
def test_silence_is_retried_unless_waiting_changes_nothing(silence, kind):
    verdict = judge(
        NoReply(silence=silence, sentence="It was like this.", elapsed=timedelta(0)), records=1
    )

    assert verdict.kind is kind
    assert verdict.reason == "It was like this."


@pytest.mark.parametrize(
    ("body", "content_type", "is_cut"),
    [
        (b"<html>Sign in</html>", "text/html", False),
        (b'{"id": "1"}', "text/html", False),
        (b"<html>", "application/json", False),
        (b'{"id": ', "application/json", False),
        (b'{"id": "1"}', "application/json", True),
        (b'["id"]', "application/json", False),
        (b"null", "application/json", False),
        (b"", "application/json", False),
        (b"\xff\xfe", "", False),
    ],
)
def test_a_success_that_does_not_look_like_fullstorys_is_unknown(reply, body, content_type, is_cut):
    dubious = reply(200, body, content_type=content_type, is_cut=is_cut)

    assert judge(dubious, records=1).kind is K.RETRY
    assert judge(dubious, records=1).code == "not_understood"


def test_no_body_is_a_success_only_where_none_is_documented(reply):
    assert judge(reply(200, b""), records=1, may_be_empty=True).kind is K.DELIVERED
    assert judge(reply(200, b"<p>"), records=1, may_be_empty=True).kind is K.RETRY


def test_a_batch_is_accepted_under_the_id_of_its_job(reply):
    verdict = judge(reply(200, JOB), records=3, follow="users")

    assert (verdict.kind, verdict.job_id) == (K.ACCEPTED, "abc=")


@pytest.mark.parametrize(
    "body", [{}, {"job": None}, {"job": {}}, {"job": {"id": ""}}, {"job": {"id": 7}}, b""]
)
@pytest.mark.parametrize("status", [200, 204])
def test_a_batch_without_a_job_is_unknown(reply, status, body):
    assert judge(reply(status, body), records=3, follow="users").kind is K.RETRY


def test_only_a_plain_500_asks_for_another_idempotency_key(reply):
    asked = {
        status
        for status in range(200, 600)
        if judge(reply(status, error("x")), records=1).next_generation
    }

    assert asked == {500}
    assert not judge(reply(500), records=1, is_idempotent=False).next_generation


def test_without_an_idempotency_key_a_conflict_is_about_the_record(reply):
    conflict = reply(409, error("conflict"))

    assert judge(conflict, records=1, is_idempotent=False).kind is K.QUARANTINE


def test_a_key_used_with_another_body_is_said_to_be_that(reply):
    body = error(
        "invalid_argument", "Idempotency-Key was already used with a different request body"
    )
    verdict = judge(reply(400, body), records=1)

    assert verdict.kind is K.QUARANTINE
    assert "idempotency key" in verdict.reason


def test_fullstorys_own_words_are_kept(reply):
    verdict = judge(reply(400, error("required_field", "uid is required")), records=1)

    assert (verdict.code, verdict.message) == ("required_field", "uid is required")


def test_a_refusal_without_words_is_named_by_its_status(reply):
    assert judge(reply(400, b"<html>", content_type="text/html"), records=1).code == "http_400"


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("60", timedelta(seconds=60)),
        ("0", timedelta(0)),
        ("Tue, 24 Nov 2026 12:01:30 GMT", timedelta(seconds=90)),
        ("Tue, 24 Nov 2026 12:01:30", timedelta(seconds=90)),
        ("Tue, 24 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 5000, None),
        ("Tue, 99 Nov 2026 12:01:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(reply, asked, wait):
    assert judge(reply(429, retry_after=asked), records=1, now=NOW).wait == wait


def test_busy_with_a_time_holds_the_credential(reply):
    verdict = judge(reply(503, retry_after="7"), records=1)

    assert (verdict.kind, verdict.wait) == (K.HOLD, timedelta(seconds=7))


def test_a_server_error_waits_as_long_as_it_asks(reply):
    assert judge(reply(502, retry_after="7"), records=1).wait == timedelta(seconds=7)


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=200) | st.sampled_from([b"{}", b'{"code":1}', b'{"job":[]}', b"[" * 9]),
    header=st.text(max_size=20),
    records=st.integers(1, 50_000),
    follow=st.sampled_from(["", "users"]),
)
def test_judging_never_raises_and_always_gives_a_reason(status, body, header, records, follow):
    reply = Reply(
        status=status,
        headers=(("Retry-After", header), ("Content-Type", "application/json")),
        body=body,
        elapsed=timedelta(0),
    )

    verdict = judge(reply, records=records, follow=follow, now=NOW)

    assert verdict.reason
    assert verdict.kind is not K.SPLIT or records > 1
    assert verdict.kind is not K.QUARANTINE or records == 1
    assert verdict.kind not in {K.DELIVERED, K.ACCEPTED} or 200 <= status < 300
