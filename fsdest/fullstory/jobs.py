"""An import job: how far it is, what it refused, and which records those were.

Source: https://developer.fullstory.com/server/asynchronous-workflows/ and
/server/users/get-batch-user-import-errors. Events answer alike, with `event` for `user`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from fsdest.exchange import NoReply, Reply
from fsdest.fullstory.matching import ItemError, Matched, match_errors
from fsdest.fullstory.verdicts import Verdict, VerdictKind, body_of, judge

LARGEST_PAGE = 64 * 2**20  # bytes of one page of errors, each of which repeats its record

__all__ = [
    "LARGEST_PAGE",
    "ItemError",
    "JobStatus",
    "Matched",
    "Page",
    "errors_path",
    "imports_path",
    "match_errors",
    "page",
    "status",
    "status_path",
]


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How far a job is. Whether records were refused is in `errors`, not in the status word."""

    is_done: bool
    imports: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of what a job imported or refused, as FullStory tells it."""

    results: list[dict[str, Any]]
    errors: list[ItemError]  # of a page of errors: the results, read
    next_token: str  # "": this was the last page
    total: int


def status_path(family: str, job_id: str) -> str:
    """Return the path that tells how far a job of `family` (users, events) is."""
    return f"/v2/{family}/batch/{quote(job_id, safe='')}"


def errors_path(family: str, job_id: str, token: str = "") -> str:
    """Return the path of the first page of refused records, or of the one that `token` names."""
    return _page_path(f"{status_path(family, job_id)}/errors", token)


def imports_path(family: str, job_id: str, token: str = "") -> str:
    """Return the path of the first page of imported records, or of the one that `token` names."""
    return _page_path(f"{status_path(family, job_id)}/imports", token)


def status(reply: Reply | NoReply, *, now: datetime | None = None) -> JobStatus | Verdict:
    """Return how far the job is, or what the reply means if it does not say. Never raises."""
    answer = _answer(reply, now)
    if isinstance(answer, Verdict):
        return answer
    job = answer.get("job")
    word = job.get("status") if isinstance(job, dict) else None
    if word not in {"PROCESSING", "COMPLETED", "FAILED"}:
        return _not_understood("The answer does not say how far the import job is.")
    return JobStatus(
        is_done=word != "PROCESSING",
        imports=_number(answer.get("imports")),
        errors=_number(answer.get("errors")),
    )


def page(
    reply: Reply | NoReply, *, family: str = "", now: datetime | None = None
) -> Page | Verdict:
    """Return a page of imports or errors, or what the reply means if it is none. Never raises."""
    if isinstance(reply, Reply) and reply.status == 202:
        return _not_understood("FullStory has not finished the import job.")
    answer = _answer(reply, now)
    if isinstance(answer, Verdict):
        return answer
    results = answer.get("results", [])  # may be left out where there are none
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        return _not_understood("The answer is not a page of an import job.")
    token = answer.get("next_page_token")
    return Page(
        results=results,
        errors=[_error(each, family) for each in results],
        next_token=token if isinstance(token, str) else "",
        total=_number(answer.get("total_records")),
    )


def _page_path(path: str, token: str) -> str:
    return f"{path}?{urlencode({'page_token': token})}" if token else path


def _answer(reply: Reply | NoReply, now: datetime | None) -> dict[str, Any] | Verdict:
    verdict = judge(reply, records=1, now=now)
    body = body_of(reply) if isinstance(reply, Reply) else None
    if verdict.kind is VerdictKind.DELIVERED:
        return body or {}
    if verdict.kind is VerdictKind.QUARANTINE:
        return replace(verdict, reason="FullStory does not answer for this import job.")
    return verdict


def _not_understood(reason: str) -> Verdict:
    return Verdict(VerdictKind.RETRY, reason, code="not_understood")


def _error(result: dict[str, Any], family: str) -> ItemError:
    item = result.get("event" if family == "events" else "user")
    if not isinstance(item, dict):
        item = next((v for k in ("user", "event") if isinstance(v := result.get(k), dict)), {})
    return ItemError(
        code=str(result.get("code") or ""), message=str(result.get("message") or ""), item=item
    )


def _number(value: Any) -> int:
    """Read a count: FullStory writes 32-bit ones as numbers and 64-bit ones as texts."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if type(value) is int and value >= 0 else 0
