"""A destination in the making: what the wizard was told so far, kept in the database.

`Destination.draft` holds it as it was typed, valid or not:
{"mode": "template" or "advanced", "endpoint": key, "credential": id, "typed": {name: [values]}}.
"""

from collections.abc import Iterable

from django.http import QueryDict

from fsdest.models import Credential, Destination, Nexset

# A list of the check boxes that a form showed: an unticked one is not posted at all.
BOXES = "boxes"
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


def typed(destination: Destination) -> dict[str, list[str]]:
    """Return what was typed, by field name."""
    return dict(destination.draft.get("typed", {}))


def keep(destination: Destination, posted: QueryDict) -> None:
    """Store what `posted` says above what was typed before, and leave the rest as it was."""
    fresh = {name: posted.getlist(name) for name in posted if _is_setting(name)}
    if sum(len(name) + sum(map(len, values)) for name, values in fresh.items()) > LONGEST_TYPED:
        return
    before = typed(destination)
    for box in posted.getlist(BOXES):
        before.pop(box, None)
    draft = {**destination.draft, "typed": {**before, **fresh}}
    for name in ("mode", "endpoint"):
        if posted.get(name):
            draft[name] = posted[name]
    destination.draft = draft
    destination.save(update_fields=["draft"])


def forget(destination: Destination) -> None:
    """Drop what was typed since the last *Done*."""
    destination.draft = {}
    destination.save(update_fields=["draft"])


def _is_setting(name: str) -> bool:
    return name not in {"csrfmiddlewaretoken", BOXES, "mode", "endpoint"}
