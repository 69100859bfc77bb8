"""What a reply means for the records that were sent: one table, read from the top."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Literal

import orjson

from fsdest.exchange import NoReply, Reply, Silence
from fsdest.fullstory import item_errors
from fsdest.fullstory.matching import ItemError

LONGEST_MESSAGE = 2_000  # characters kept of FullStory's own words
MAY_BE_DONE = {500, 502, 504}  # it failed on the way, or on the way back
LONGEST_JOB_ID = 300  # characters
_LONGEST_NUMBER = 10  # digits in Retry-After: three centuries of seconds

Blamed = Literal["", "key", "level"]
_BLAMES: dict[int, Blamed] = {401: "key", 403: "level"}


class VerdictKind(StrEnum):
    """What to do now."""

    DELIVERED = "delivered"  # FullStory has the records
    ACCEPTED = "accepted"  # an import job took them: not yet delivered
    HOLD = "hold"  # the whole credential waits; this was no attempt
    RETRY = "retry"  # the same call again, under the same idempotency key
    SPLIT = "split"  # send the records in smaller calls, to find the ones to blame
    QUARANTINE = "quarantine"  # set the record aside
    HALT = "halt"  # the configuration or the key is wrong: the destination stops


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is one sentence for a person, `message` and `code` are FullStory's own words."""

    kind: VerdictKind
    reason: str = ""
    code: str = ""
    message: str = ""
    wait: timedelta | None = None  # asked for by the other side; None: it did not say
    job_id: str = ""
    next_generation: bool = False  # this answer is remembered: retry under another key
    blames: Blamed = ""  # of a halt: the API key, or what it may do
    is_unknown: bool = False  # the request may have been carried out
    errors: tuple[ItemError, ...] = ()  # of single records, though the rest was a success


DELIVERED = Verdict(VerdictKind.DELIVERED, "FullStory has it.")  # of nearly every call


def judge(
    reply: Reply | NoReply,
    *,
    records: int,
    follow: str = "",
    is_idempotent: bool = True,
    may_be_empty: bool = False,
    now: datetime | None = None,
) -> Verdict:
    """Decide what `reply` means for the `records` that were sent together.

    `follow` is the family of import jobs that the call starts, if any. `may_be_empty`: FullStory
    does not document what success answers, so that no body is success too. `now` is needed to
    understand a Retry-After that is a date.

    Never raises, and never takes for a success what does not look like FullStory's: a page for
    people with status 200 is unknown, and unknown is tried again.

    Source: https://developer.fullstory.com/server/users/create-user/ (responses),
    /server/idempotent-requests, /overview/limits (Retry-After).
    """
    if isinstance(reply, NoReply):
        return _silence(reply)
    body = body_of(reply)
    if 200 <= reply.status < 300:
        return _success(reply, body, follow, records=records, may_be_empty=may_be_empty)
    wait = _wait(reply, now)
    kind, reason, is_remembered = _refusal(reply.status, body or {}, wait, is_idempotent)
    if kind is VerdictKind.QUARANTINE and records > 1:
        kind, reason = _several(reply.status)
    return Verdict(
        kind,
        reason,
        code=_text(body, "code", 100) or f"http_{reply.status}",
        message=_text(body, "message", LONGEST_MESSAGE),
        wait=wait if kind in {VerdictKind.HOLD, VerdictKind.RETRY} else None,
        next_generation=is_remembered and is_idempotent,
        blames=_BLAMES.get(reply.status, ""),
        is_unknown=kind is VerdictKind.RETRY and reply.status in MAY_BE_DONE,
    )


def body_of(reply: Reply) -> dict[str, Any] | None:
    """Return the JSON object in the body, or None if it holds none or says that it is no JSON."""
    content_type = reply.header("content-type").lower()
    if reply.is_cut or (content_type and "json" not in content_type):
        return None
    try:
        body = orjson.loads(reply.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _silence(reply: NoReply) -> Verdict:
    is_ours = reply.silence in {Silence.BLOCKED, Silence.TLS}  # waiting changes nothing
    kind = VerdictKind.HALT if is_ours else VerdictKind.RETRY
    return Verdict(kind, reply.sentence, code=reply.silence.value, is_unknown=reply.is_unknown)


def _success(
    reply: Reply, body: dict[str, Any] | None, follow: str, *, records: int, may_be_empty: bool
) -> Verdict:
    is_empty = not reply.body and not reply.is_cut and (may_be_empty or reply.status == 204)
    if body is None and not is_empty:
        what = "does not look like FullStory's" if reply.body else "has no body"
        reason = f"The answer ({reply.status}) {what}, so it is not known whether it worked."
        return Verdict(VerdictKind.RETRY, reason, code="not_understood", is_unknown=True)
    if not follow:
        errors = item_errors.read(body or {}, records=records) if records > 1 else ()
        return replace(DELIVERED, errors=errors) if errors else DELIVERED
    job = (body or {}).get("job")
    job_id = job.get("id") if isinstance(job, dict) else None
    if not isinstance(job_id, str) or not 0 < len(job_id) <= LONGEST_JOB_ID:
        reason = "The answer names no import job, so it is not known whether it worked."
        return Verdict(VerdictKind.RETRY, reason, code="not_understood", is_unknown=True)
    reason = "FullStory took the batch as an import job."
    return Verdict(VerdictKind.ACCEPTED, reason, job_id=job_id)


def _refusal(
    status: int, body: Mapping[str, Any], wait: timedelta | None, is_idempotent: bool
) -> tuple[VerdictKind, str, bool]:
    """Return the kind, the reason, and whether FullStory remembers this answer for a day."""
    code = body.get("code")
    match status:
        case 401:
            return VerdictKind.HALT, "FullStory does not accept the API key.", False
        case 403:
            return VerdictKind.HALT, "The API key may not do this.", False
        case 404 if not code:
            return VerdictKind.HALT, "FullStory does not know this address.", False
        case 404:
            return VerdictKind.QUARANTINE, "FullStory does not have what the record names.", False
        case 405 | 406 | 415:
            return VerdictKind.HALT, "This address does not take this method or format.", False
        case 408 | 425:
            return VerdictKind.RETRY, "FullStory did not take the request in time.", False
        case 409 if is_idempotent and code != "already_exists":
            return VerdictKind.RETRY, "The same request is still being worked on.", False
        case 409:
            return VerdictKind.QUARANTINE, "FullStory already has one like it.", False
        case 413:
            return VerdictKind.QUARANTINE, "The record is too large for FullStory.", False
        case 429:
            return VerdictKind.HOLD, "FullStory asks us to wait.", False
        case 503 if wait is not None:
            return VerdictKind.HOLD, "FullStory is busy and asks us to wait.", False
        case 500:
            return VerdictKind.RETRY, "FullStory had an error.", True
        case _ if 300 <= status < 400:
            sentence = "The address has moved. The key is not sent on: enter the new address."
            return VerdictKind.HALT, sentence, False
        case _ if 400 <= status < 500:
            return VerdictKind.QUARANTINE, _blame(body), False
        case _:
            return VerdictKind.RETRY, f"FullStory is not available ({status}).", False


def _several(status: int) -> tuple[VerdictKind, str]:
    """Return what a refusal means for several records that were sent together."""
    if status == 404:  # several records name nothing of their own in the address
        return VerdictKind.HALT, "FullStory does not know this address."
    if status == 413:
        return VerdictKind.SPLIT, "The batch is too large for FullStory."
    return VerdictKind.SPLIT, "FullStory refuses the batch: a record in it is to blame."


def _blame(body: Mapping[str, Any]) -> str:
    message = str(body.get("message") or "").lower()
    if "idempotency" in message and ("body" in message or "already used" in message):
        return "FullStory has seen this idempotency key with another request body."
    if body.get("code") == "session_page_limit_exceeded":
        return "The session that the event names is full."
    return "FullStory refuses the record."


def _text(body: Mapping[str, Any] | None, name: str, longest: int) -> str:
    value = (body or {}).get(name)
    return value[:longest] if isinstance(value, str) else ""


def _wait(reply: Reply, now: datetime | None) -> timedelta | None:
    """Return what Retry-After asks for: seconds, or a date, of which one past means at once."""
    asked = reply.header("retry-after").strip()
    if asked.isascii() and asked.isdecimal():
        return timedelta(seconds=int(asked)) if len(asked) <= _LONGEST_NUMBER else None
    if not asked or now is None:
        return None
    try:
        at = parsedate_to_datetime(asked)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(at - now, timedelta(0))
    except (ValueError, OverflowError, IndexError, TypeError):  # all that a malformed date raises
        return None
