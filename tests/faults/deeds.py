"""More of what a clerk does on order: upload a file, release what was set aside, prune the books.

Imported after Django has been set up.
"""

import shutil
import uuid
from datetime import timedelta
from pathlib import Path
from time import sleep

from django.conf import settings
from django.utils.timezone import now

from fsdest import ingest
from fsdest.delivery import decisions
from fsdest.delivery import prune as pruning
from fsdest.delivery.quarantine import Scope
from fsdest.models import Decision, Destination, Organization, Source


def upload(file: str, organization: Organization) -> None:
    """Give `file` to the workers, as the page does, and wait until one has read it."""
    name = uuid.uuid4().hex
    shutil.copy(file, Path(settings.UPLOAD_DIR) / name)
    source = ingest.start(
        organization,
        name=Path(file).stem,
        file_name=Path(file).name,
        path=name,
        size=Path(file).stat().st_size,
    )
    while source.status == Source.Status.READING:
        sleep(0.2)
        source.refresh_from_db()
    if source.status != Source.Status.READY:
        raise AssertionError(source.problem)


def release(destination: str) -> int:
    """Press Release all."""
    found = Destination.objects.get(pk=destination)
    return decisions.decide(found, Decision.Verb.RELEASE, Scope(), now=now()).total


def prune() -> int:
    """Delete all calls of the past from the books; return how many pages that were."""
    return pruning.prune(keep=timedelta(0), clock=now, within=None).pages
