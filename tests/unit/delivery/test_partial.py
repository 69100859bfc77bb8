"""A call that was a success for some of its records is parted so that each has its verdict."""

from fsdest.delivery import partial
from fsdest.delivery.calls import Call
from fsdest.fullstory.matching import ItemError
from fsdest.fullstory.verdicts import Verdict, VerdictKind
from fsdest.payloads.build import Payload

UIDS = ("ann", "bob", "cid", "dan")


def parts(*errors):
    payloads = tuple(
        Payload(n, uid, b'{"uid":"%s"}' % uid.encode(), "/", "") for n, uid in enumerate(UIDS)
    )
    call = Call(payloads=payloads, version=1)
    verdict = Verdict(VerdictKind.DELIVERED, "FullStory has it.", errors=errors)
    return [(list(part.offsets), its.kind, its.code) for part, its in partial.parts(call, verdict)]


def error(*, index=None, uid=""):
    return ItemError(code="bad", message="no", item={"uid": uid} if uid else {}, index=index)


def test_without_errors_it_stays_whole():
    assert parts() == [([0, 1, 2, 3], VerdictKind.DELIVERED, "")]


def test_an_error_with_a_place_sets_that_record_aside():
    assert parts(error(index=2)) == [
        ([0, 1, 3], VerdictKind.DELIVERED, ""),
        ([2], VerdictKind.QUARANTINE, "bad"),
    ]


def test_an_error_without_a_place_finds_its_record_by_content():
    assert parts(error(uid="bob"), error(index=0)) == [
        ([2, 3], VerdictKind.DELIVERED, ""),
        ([0], VerdictKind.QUARANTINE, "bad"),
        ([1], VerdictKind.QUARANTINE, "bad"),
    ]


def test_an_error_that_fits_no_record_sets_all_others_aside():
    assert parts(error(index=9), error(uid="ann")) == [
        ([1, 2, 3], VerdictKind.QUARANTINE, "item_error"),
        ([0], VerdictKind.QUARANTINE, "bad"),
    ]
