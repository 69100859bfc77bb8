"""What no form asks for is not taken."""

import pytest
from django.urls import reverse

from fsdest.models import Credential, Organization


@pytest.mark.surface("S19")
def test_what_a_form_does_not_ask_for_is_not_taken(as_ann, credential):
    theirs = Organization.objects.create(name="Others")
    before = Credential.objects.filter(pk=credential.pk).values().get()
    extra = {"organization": theirs.pk, "organization_id": theirs.pk, "target": "fullstory"}
    extra |= {"sealed": "x", "status": "works", "level": "admin", "id": theirs.pk}

    as_ann.post(
        reverse("credential", args=[credential.pk]), {"name": "Other", "description": "", **extra}
    )

    after = Credential.objects.filter(pk=credential.pk).values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"name"}
