"""Errors of single records in the answer to a batch, though its status is a success."""

from collections.abc import Mapping
from typing import Any

from fsdest.fullstory.matching import ItemError

LONGEST_MESSAGE = 2_000  # characters
LISTS = ("errors", "results", "items")


def read(body: Mapping[str, Any], *, records: int) -> tuple[ItemError, ...]:
    """Return the errors that `body` lists for a call of `records`, or nothing.

    They are looked for in the lists `errors`, `results` and `items`. An entry is an error with a
    message and a code and no id, as FullStory writes them, with an `error`, or with a `status` of
    400 or more. Its place is its `index`, or its place in a list that has one entry a record.

    Source: https://developer.fullstory.com/server/users/get-batch-user-import-errors/ (the form).
    """
    for name in LISTS:
        listed = body.get(name)
        if not isinstance(listed, list):
            continue
        has_all = len(listed) == records
        found = (
            _error(each, place if has_all else None, is_listed_error=name == "errors")
            for place, each in enumerate(listed)
        )
        if errors := tuple(error for error in found if error):
            return errors
    return ()


def _error(entry: object, place: int | None, *, is_listed_error: bool) -> ItemError | None:
    if isinstance(entry, str) and is_listed_error and entry:
        return ItemError(code="item_error", message=entry[:LONGEST_MESSAGE], item={}, index=place)
    if not isinstance(entry, dict):
        return None
    nested = entry.get("error")
    told = nested if isinstance(nested, dict) else entry
    message = told.get("message") or (nested if isinstance(nested, str) else "")
    code = told.get("code")
    status = entry.get("status")
    is_bad_status = isinstance(status, int) and status >= 400
    is_fullstorys = bool(message and code and "id" not in entry)
    if not (nested or is_bad_status or is_fullstorys or (is_listed_error and message)):
        return None
    index = entry.get("index")
    return ItemError(
        code=str(code or (f"http_{status}" if is_bad_status else "item_error"))[:100],
        message=str(message or "")[:LONGEST_MESSAGE],
        item=next((entry[k] for k in ("user", "event") if isinstance(entry.get(k), dict)), {}),
        index=index if isinstance(index, int) and not isinstance(index, bool) else place,
    )
