"""An endpoint entered by hand: a method and a URL, of FullStory or of another address."""

from dataclasses import replace
from typing import get_args
from urllib.parse import urlsplit

from fsdest.fullstory import limits
from fsdest.fullstory.catalogue import ENDPOINTS
from fsdest.fullstory.endpoints import Endpoint, Method

METHODS: tuple[Method, ...] = get_args(Method)
DEFAULT_BATCH = 100  # records

_BY_CALL = {(each.method, each.path): each for each in ENDPOINTS}


def endpoint(method: Method, url: str) -> Endpoint:
    """Return the endpoint that `method` and `url` make. `url` may hold macros.

    Where they are a call that FullStory documents, it behaves as that one does: it takes an
    idempotency key, its import jobs are followed, its warnings hold.
    """
    made = Endpoint(
        key="manual",
        title=f"{method} by hand",
        method=method,
        path="",
        url=url,
        rest="record",
        max_records=limits.BATCH_RECORDS,
        default_batch=DEFAULT_BATCH,
        may_reply_empty=True,
        is_irreversible=method == "DELETE",
    )
    known = _BY_CALL.get((method, _path(url)))
    if known is None:
        return made
    return replace(
        made,
        title=known.title,
        envelope=known.envelope,
        follow=known.follow,
        is_idempotent=known.is_idempotent,
        has_same_effect_twice=known.has_same_effect_twice,
        may_reply_empty=known.may_reply_empty,
        needs=known.needs,
        is_irreversible=known.is_irreversible,
        lanes=known.lanes,
        warnings=known.warnings,
        doc=known.doc,
    )


def _path(url: str) -> str:
    """Return the path of a URL; a macro in it stands for the id that the catalogue calls {id}."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    start, brace, _ = path.partition("{")
    return f"{start}{{id}}" if brace else path
