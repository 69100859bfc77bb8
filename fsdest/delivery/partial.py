"""A call that was a success for some of its records and not for others."""

from collections.abc import Iterator
from dataclasses import replace

import orjson

from fsdest.delivery.calls import Call
from fsdest.fullstory.matching import ItemError, match_errors
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.payloads.build import Payload

REFUSED = "The answer refuses the record."
UNCLEAR = "The answer refuses a record of the batch and does not say which: this may be the one."


def parts(call: Call, verdict: Verdict) -> Iterator[tuple[Call, Verdict]]:
    """Yield `call` in parts that each have one verdict, together all of its records.

    An error that fits no record sets aside all those that no other error is about: any of them may
    be the one, and what is set aside by mistake can be looked at, which what is lost cannot.
    """
    if not verdict.errors:
        yield call, verdict
        return
    refused, is_clear = _refused(call, verdict.errors)
    fine = tuple(p for p in call.payloads if p.offset not in refused)
    if fine and is_clear:
        yield replace(call, payloads=fine), replace(verdict, errors=())
    elif fine:
        yield replace(call, payloads=fine), Verdict(VerdictKind.QUARANTINE, UNCLEAR, "item_error")
    for payload in call.payloads:
        if error := refused.get(payload.offset):
            one = Verdict(VerdictKind.QUARANTINE, REFUSED, error.code, error.message)
            yield replace(call, payloads=(payload,)), one


def _refused(call: Call, errors: tuple[ItemError, ...]) -> tuple[dict[int, ItemError], bool]:
    """Return the errors by offset, and whether each fits a record."""
    count = len(call.payloads)
    placed = {
        call.payloads[error.index].offset: error
        for error in errors
        if error.index is not None and 0 <= error.index < count
    }
    others = [each for each in errors if each.index is None or not 0 <= each.index < count]
    sent = [(p.offset, _item(p)) for p in call.payloads if p.offset not in placed]
    matched = match_errors(sent, others)
    return placed | matched.by_offset, not matched.unmatched


def _item(payload: Payload) -> dict[str, object]:
    try:
        item = orjson.loads(payload.item)
    except ValueError:  # not JSON: it can only be found by its place
        return {}
    return item if isinstance(item, dict) else {}
