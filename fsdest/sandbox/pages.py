"""Paging of the v1 lists: `limit` and `paginationToken` asked, `nextPaginationToken` answered."""

from typing import Any, TypeVar

from fsdest.sandbox import tokens
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.replies import invalid

Thing = TypeVar("Thing")


def window(
    call: Call, things: list[Thing], *, most: int, usual: int | None = None
) -> tuple[list[Thing], dict[str, Any]]:
    """Return the things of the page asked for, and the token of the next one, if there is one.

    A page holds `usual` (if left out, `most`) things, or as many as `limit` says, up to `most`.
    Refuses a limit or a token that is none.
    """
    query = call.query
    start = tokens.position(query.get("paginationToken") or query.get("pagination_token"))
    limit = query.get("limit") or str(usual or most)
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise Refusal(invalid(f"limit must be between 1 and {most}"))
    end = start + int(limit)
    about = {"nextPaginationToken": tokens.token(end)} if end < len(things) else {}
    return things[start:end], about
