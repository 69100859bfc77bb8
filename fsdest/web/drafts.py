"""A destination in the making: what the wizard was told so far, kept in the database.

`Destination.draft` holds it as it was typed, valid or not: {"name", "mode": "template" or
"advanced", "endpoint": key, "credential": id, "typed": {slot: {name: [values]}}}. Each endpoint
has a slot of its own, so that choosing another and coming back loses nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.http import QueryDict

from fsdest.audit import Action, record
from fsdest.fullstory import catalogue
from fsdest.models import Credential, Destination, Nexset
from fsdest.web.typed import Values

# Posted with the settings, but none: `slot` says whose settings they are, `boxes` which of them
# the form showed as boxes or lists, because an unticked box is not posted at all.
NO_SETTINGS = frozenset(
    [
        *(
            "csrfmiddlewaretoken",
            "name",
            "mode",
            "endpoint",
            "slot",
            "boxes",
            "drop",
            "confirm",
            "version",
            "once",
        ),
        *("sample", "body", "search_path", "search_value", "search_clear", "lookup"),
    ]
)
BY_HAND = "manual"  # the slot of the Advanced tab
SLOTS = frozenset([BY_HAND, *(endpoint.key for endpoint in catalogue.ENDPOINTS)])
PICK = "pick."  # begins the name of a list of looked-up choices for a field
LONGEST_WORD = 1000  # characters of a name as it was typed
LONGEST_TYPED = 256 * 1024  # characters in all; more than that is not a configuration

Draft = dict[str, Any]


def start(nexset: Nexset) -> Destination:
    """Begin a destination for `nexset`."""
    name = f"{nexset.name} to FullStory"[:200]
    with transaction.atomic():
        begun = Destination.objects.create(
            organization=nexset.organization, nexset=nexset, name=name
        )
        record(Action.CREATED, begun, after={"nexset": nexset.name})
    return begun


def unfinished(nexset: Nexset) -> Iterable[Destination]:
    """Return the drafts of `nexset`, newest first."""
    return nexset.destinations.filter(status=Destination.Status.DRAFT).order_by("-created_at", "id")


def credential_of(destination: Destination) -> Credential | None:
    """Return the credential chosen in the wizard, or the one the destination has."""
    chosen = destination.draft.get("credential")
    mine = Credential.objects.filter(organization=destination.organization_id)
    return (mine.filter(pk=chosen).first() if chosen else None) or destination.credential


def choose_credential(destination: Destination, credential: Credential) -> None:
    """Remember `credential`. A saved destination takes it with *Done*, a draft at once."""
    _change(destination, lambda draft: {**draft, "credential": str(credential.pk)})
    if destination.is_draft:
        destination.credential = credential
        destination.save(update_fields=["credential"])


def typed(destination: Destination, slot: str) -> Values:
    """Return what was typed for the endpoint of `slot`, by field name."""
    return dict(destination.draft.get("typed", {}).get(slot, {}))


def keep(destination: Destination, posted: QueryDict) -> None:
    """Store what `posted` says over what was typed before, and leave the rest as it was."""
    slot, boxes = posted.get("slot", ""), posted.getlist("boxes")
    fresh = {
        name: [_storable(value) for value in posted.getlist(name)]
        for name in map(_storable, posted)
        if _is_setting(name)
    }
    said = {
        name: _storable(str(posted[name]))[:LONGEST_WORD]
        for name in ("name", "mode", "endpoint")
        if name in posted
    }

    def kept(draft: Draft) -> Draft:
        before = draft.get("typed", {}).get(slot, {})
        stays = {name: values for name, values in before.items() if name not in boxes}
        return _typed_in({**draft, **said}, slot, {**stays, **fresh})

    _change(destination, kept)


def put(destination: Destination, slot: str, values: Values) -> None:
    """Type `values` in place of the person."""

    def changed(draft: Draft) -> Draft:
        return _typed_in(draft, slot, {**draft.get("typed", {}).get(slot, {}), **values})

    _change(destination, changed)


def remember_search(
    destination: Destination, path: str, value: str, offsets: Iterable[int], looked_at: int
) -> None:
    """Make the samples of the records at `offsets`, which a search for `value` brought."""
    path, value = _storable(path), _storable(value)
    search = {"path": path, "value": value, "offsets": list(offsets), "looked_at": looked_at}
    _change(destination, lambda draft: {**draft, "search": search})


def forget_search(destination: Destination) -> None:
    """Make the samples of the first records again."""
    _change(destination, lambda draft: {k: v for k, v in draft.items() if k != "search"})


def sample_offsets(destination: Destination) -> list[int]:
    """Return the offsets that a search brought; none without one."""
    return list(destination.draft.get("search", {}).get("offsets", []))


def search_of(destination: Destination) -> dict[str, str]:
    """Return what was searched for, and a sentence about what was found."""
    search = destination.draft.get("search")
    if not search:
        return {}
    number, looked_at = len(search["offsets"]), search["looked_at"]
    is_all = looked_at >= destination.nexset.record_count
    among = "all records" if is_all else f"the first {looked_at:,} records"
    found = f"{number} found among {among}." if number else f"None found among {among}."
    shown = "" if number else " The samples are of the first records."
    return {"path": search["path"], "value": search["value"], "sentence": found + shown}


def forget(destination: Destination) -> None:
    """Drop what was typed since the last *Done*."""
    _change(destination, lambda draft: {})


def _change(destination: Destination, change: Callable[[Draft], Draft]) -> None:
    """Change the draft as it is now, whatever another request did to it meanwhile."""
    with transaction.atomic():
        now = Destination.objects.select_for_update().only("draft").get(pk=destination.pk)
        destination.draft = change(now.draft)
        destination.save(update_fields=["draft"])


def _typed_in(draft: Draft, slot: str, values: Values) -> Draft:
    """Return `draft` with `values` typed in `slot`; as it is if that is no form of ours."""
    size = sum(len(name) + sum(map(len, each)) for name, each in values.items())
    if slot not in SLOTS or size > LONGEST_TYPED:
        return draft
    return {**draft, "typed": {**draft.get("typed", {}), slot: values}}


def _storable(text: str) -> str:
    """Return `text` without the one character that PostgreSQL keeps in no column."""
    return text.replace("\0", "")


def _is_setting(name: str) -> bool:
    return name not in NO_SETTINGS and not name.startswith(PICK)
