"""What to do where no answer tells whether a call was carried out: one rule for each endpoint."""

from dataclasses import replace

from fsdest.fullstory.endpoints import WhenUnknown
from fsdest.fullstory.verdicts import Verdict, VerdictKind

CODE = "unknown_outcome"


def resolve(verdict: Verdict, rule: WhenUnknown, *, status: int | None, was_tried: bool) -> Verdict:
    """Return what `verdict` means under `rule`. `was_tried`: an earlier call of the same record
    may have been carried out."""
    if rule is WhenUnknown.ASK and verdict.is_unknown:
        return set_aside(verdict.reason)
    if rule is not WhenUnknown.GONE or not was_tried:
        return verdict
    is_refused = verdict.kind in {VerdictKind.QUARANTINE, VerdictKind.SPLIT}
    if is_refused and status in {404, 410}:
        reason = "It is gone: an earlier call, whose answer is missing, did it."
        return replace(verdict, kind=VerdictKind.DELIVERED, reason=reason)
    return verdict


def set_aside(what_happened: str) -> Verdict:
    """Return the verdict on a record that a person has to decide on."""
    reason = (
        "It may have been done, or not: the answer is missing. "
        "Look for it there before you send it again."
    )
    return Verdict(VerdictKind.QUARANTINE, reason, code=CODE, message=what_happened)
