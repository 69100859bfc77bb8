"""A destination in the making: what the wizard was told so far, kept in the database.

`Destination.draft` holds it as it was typed, valid or not: {"name", "mode": "template" or
"advanced", "endpoint": key, "credential": id, "typed": {slot: {name: [values]}}}. Each endpoint
has a slot of its own, so that choosing another and coming back loses nothing.
"""

from collections.abc import Iterable

from django.http import QueryDict

from fsdest.models import Credential, Destination, Nexset
from fsdest.web.typed import Values

# Posted with the settings, but none: `slot` says whose settings they are, `boxes` which of them
# the form showed as boxes or lists, because an unticked box is not posted at all.
NO_SETTINGS = frozenset(
    [
        *("csrfmiddlewaretoken", "name", "mode", "endpoint", "slot", "boxes", "drop", "confirm"),
        *("sample", "body", "search_path", "search_value", "search_clear", "lookup"),
    ]
)
PICK = "pick."  # begins the name of a list of looked-up choices for a field
LONGEST_TYPED = 256 * 1024  # characters in all; more than that is not a configuration


def start(nexset: Nexset) -> Destination:
    """Begin a destination for `nexset`."""
    return Destination.objects.create(
        organization=nexset.organization, nexset=nexset, name=f"{nexset.name} to FullStory"[:200]
    )


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
    destination.draft = {**destination.draft, "credential": str(credential.pk)}
    if destination.is_draft:
        destination.credential = credential
    destination.save(update_fields=["draft", "credential"])


def typed(destination: Destination, slot: str) -> Values:
    """Return what was typed for the endpoint of `slot`, by field name."""
    return dict(destination.draft.get("typed", {}).get(slot, {}))


def keep(destination: Destination, posted: QueryDict) -> None:
    """Store what `posted` says over what was typed before, and leave the rest as it was."""
    fresh = {name: posted.getlist(name) for name in posted if _is_setting(name)}
    if sum(len(name) + sum(map(len, values)) for name, values in fresh.items()) > LONGEST_TYPED:
        return
    slot = posted.get("slot", "")
    before = typed(destination, slot)
    for box in posted.getlist("boxes"):
        before.pop(box, None)
    said = {name: posted[name] for name in ("name", "mode", "endpoint") if name in posted}
    all_typed = {**destination.draft.get("typed", {}), slot: {**before, **fresh}}
    destination.draft = {**destination.draft, **said, "typed": all_typed}
    destination.save(update_fields=["draft"])


def put(destination: Destination, slot: str, values: Values) -> None:
    """Type `values` in place of the person."""
    all_typed = destination.draft.get("typed", {})
    mine = {**all_typed.get(slot, {}), **values}
    destination.draft = {**destination.draft, "typed": {**all_typed, slot: mine}}
    destination.save(update_fields=["draft"])


def remember_search(
    destination: Destination, path: str, value: str, offsets: Iterable[int], looked_at: int
) -> None:
    """Make the samples of the records at `offsets`, which a search for `value` brought."""
    search = {"path": path, "value": value, "offsets": list(offsets), "looked_at": looked_at}
    destination.draft = {**destination.draft, "search": search}
    destination.save(update_fields=["draft"])


def forget_search(destination: Destination) -> None:
    """Make the samples of the first records again."""
    destination.draft = {k: v for k, v in destination.draft.items() if k != "search"}
    destination.save(update_fields=["draft"])


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
    destination.draft = {}
    destination.save(update_fields=["draft"])


def _is_setting(name: str) -> bool:
    return name not in NO_SETTINGS and not name.startswith(PICK)
