"""Seals every credential again with the newest key, so that the older keys can go.

Safe while workers run, when started twice at once, and when killed: a credential is only changed
from what was read of it, by one conditional update, and one that has the newest seal is left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fsdest.audit import Action, record
from fsdest.models import Credential
from fsdest.models.credentials import the_vault
from fsdest.vault import CannotUnseal

AT_ONCE = 500  # credentials in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What came of one rotation."""

    resealed: int  # by this run
    already: int  # sealed with the newest key before this run came to them
    closed: tuple[Credential, ...]  # what no key of this installation opens

    @property
    def is_complete(self) -> bool:
        """Whether the older keys may go: nothing is left that the newest one does not open."""
        return not self.closed

    @property
    def sentence(self) -> str:
        """What was done, for a person."""
        done = (
            f"Sealed {self.resealed:,} credentials with the newest key; "
            f"{self.already:,} had it already."
        )
        if self.is_complete:
            return f"{done} The older keys are not needed any more."
        return f"{done} {len(self.closed):,} open with no key: replace their API keys by hand."


def reseal(*, at_once: int = AT_ONCE) -> Rotated:
    """Seal every credential with the first of CREDENTIAL_KEYS; keys and their status stay.

    It looks until a whole round finds nothing more to do, since a process that still runs with the
    older keys may seal one behind it. All processes have to know the newest key before: one that
    does not cannot open what was sealed with it.
    """
    resealed, already, closed = _round(at_once)
    more = resealed
    while more:
        more, _, closed = _round(at_once)
        resealed += more
    counts = {"sealed_anew": resealed, "had_it_already": already, "do_not_open": len(closed)}
    record(Action.KEYS_ROTATED, None, after=counts)
    return Rotated(resealed=resealed, already=already, closed=tuple(closed))


def _round(at_once: int) -> tuple[int, int, list[Credential]]:
    """Look at each credential once: how many were sealed, how many needed nothing, what is shut."""
    vault = the_vault()
    resealed = already = 0
    closed = []
    for credential in _each(at_once):
        if vault.is_newest(credential.sealed_key):
            already += 1
            continue
        try:
            sealed = vault.rotate(credential.sealed_key)
        except CannotUnseal:
            closed.append(credential)
            continue
        # Whoever replaced the key in the meantime wins; the next round sees theirs.
        unchanged = Credential.objects.filter(pk=credential.pk, sealed_key=credential.sealed_key)
        resealed += unchanged.update(sealed_key=sealed)
    return resealed, already, closed


def _each(at_once: int) -> Iterator[Credential]:
    """Yield every credential, a chunk at a time, without a transaction that lasts."""
    rows = Credential.objects.order_by("pk").only("pk", "name", "sealed_key")
    chunk = list(rows[:at_once])
    while chunk:
        yield from chunk
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:at_once])
