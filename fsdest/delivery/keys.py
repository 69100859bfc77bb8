"""What a person does to a credential: replace its key, rename it, delete it."""

from django.db import transaction
from django.db.models import ProtectedError

from fsdest.audit import Action, record
from fsdest.models import Credential

# What a new key changes; a worker may write the rest, such as a hold, at the same time.
SEALED = ["sealed_key", "key_hint", "status", "problem", "role", "org_id", "email", "checked_at"]


def add(credential: Credential, key: str) -> Credential:
    """Save a new credential with `key`, sealed."""
    credential.seal(key)
    with transaction.atomic():
        credential.save()
        after = {"connects_to": credential.get_target_display(), "ends_in": credential.key_hint}
        record(Action.CREATED, credential, after=after)
    return credential


def rename(credential: Credential, *, before: dict[str, str]) -> None:
    """Save the name and the description of `credential`, which were `before`."""
    after = {name: getattr(credential, name) for name in before}
    with transaction.atomic():
        credential.save(update_fields=["name", "description"])
        if after != before:
            record(Action.EDITED, credential, before=before, after=after)


def replace(credential: Credential, key: str) -> None:
    """Put `key` in place of the one before; what was known about that one is forgotten."""
    before = {"ends_in": credential.key_hint}
    credential.seal(key)
    with transaction.atomic():
        credential.save(update_fields=SEALED)
        record(
            Action.KEY_REPLACED,
            credential,
            before=before,
            after={"ends_in": credential.key_hint},
        )


def delete(credential: Credential) -> bool:
    """Delete a credential; False where a destination uses it: nothing was changed."""
    try:
        with transaction.atomic():
            record(Action.DELETED, credential)
            credential.delete()
    except ProtectedError:
        return False
    return True
