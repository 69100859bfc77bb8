"""Whether the texts of an attribute are all dates or times (ISO 8601)."""

import re
from enum import IntEnum

_MOMENT = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class Texts(IntEnum):
    """What the texts of an attribute have been so far; of two, the greater holds for both."""

    EMPTY = 0
    MOMENTS = 1
    ANY = 2


def texts_of(texts: set[str]) -> Texts:
    """Return what `texts`, none of them empty, are together."""
    if not texts:
        return Texts.EMPTY
    return Texts.MOMENTS if all(map(_MOMENT.fullmatch, texts)) else Texts.ANY
