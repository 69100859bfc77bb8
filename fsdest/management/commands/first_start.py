"""Give a newcomer something to try: a demo user, a sandbox credential, and sample users."""

import io
import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.timezone import now

from fsdest import ingest
from fsdest.management import sample_users
from fsdest.models import Credential, Membership, Organization, Role, Source
from fsdest.records import blocks

ORGANIZATION = "Demo"
USERNAME = "demo"
# The sandbox reads the role of a key from its name.
SANDBOX_KEY = "na1.admin.demo/DEMO"


class Command(BaseCommand):
    help = "Create what a first start needs, where nothing is yet; say how to log in."

    def handle(self, *args: Any, **options: Any) -> None:
        ingest.clear_orphans(now())
        if not settings.IS_DEVELOPMENT:
            self.stdout.write("Production: log in with a user of your own.")
            return
        wished = os.environ.get("FSDEST_DEMO_PASSWORD", "")
        with transaction.atomic():
            organization, is_first = Organization.objects.get_or_create(name=ORGANIZATION)
            password = wished or (secrets.token_urlsafe(12) if is_first else "")
            if is_first:
                _seed(organization)
            is_known = _demo_user(organization, password, create=is_first)
        if is_known:
            self.stdout.write(f"demo login: user {USERNAME}, password {password or AS_BEFORE}")


AS_BEFORE = "as printed at the first start (set FSDEST_DEMO_PASSWORD to change it)"


def _demo_user(organization: Organization, password: str, *, create: bool) -> bool:
    """Make sure of the demo user's password, if one is given; False if there is no demo user."""
    users = get_user_model().objects
    user = users.filter(username=USERNAME).first()
    if user is None:
        if not create:
            return False
        user = users.create_superuser(USERNAME, password=password)
    elif password and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    if create:
        Membership.objects.get_or_create(
            organization=organization,
            user=user,
            defaults={"role": Role.ADMIN, "may_delete_people": True},
        )
    return True


def _seed(organization: Organization) -> None:
    credential = Credential(
        organization=organization,
        name="FullStory sandbox",
        description="Answers like FullStory, on this machine. For demo and tests.",
        target=Credential.Target.SANDBOX,
    )
    credential.seal(SANDBOX_KEY)
    credential.save()
    lines = b"\n".join(blocks.encode(user) for user in sample_users.users())
    ingest.load(
        organization, io.BytesIO(lines), name="Sample users", kind=Source.Kind.SAMPLE, clock=now
    )
