"""A second process of the product that takes orders, one JSON line each, and answers in kind.

It calls what the pages call, without a start of manage.py for every question.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from time import sleep
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from fsdest import hints  # noqa: E402
from fsdest.celery import app  # noqa: E402
from fsdest.delivery import control  # noqa: E402
from fsdest.delivery.account import balance  # noqa: E402
from fsdest.fullstory import catalogue  # noqa: E402
from fsdest.models import CallPage, Credential, Destination, Nexset  # noqa: E402
from fsdest.payloads import configuration as configurations  # noqa: E402
from fsdest.payloads.configuration import Value  # noqa: E402
from fsdest.records import blocks  # noqa: E402
from fsdest.records.schema import Schema  # noqa: E402
from tests.faults import deeds, dump, papers  # noqa: E402

TRIES, AGAIN_AFTER_S = 5, 0.5  # of an order


def send(
    file: str,
    endpoint: str,
    batch_records: int = 0,
    is_uploaded: bool = False,
    is_active: bool = True,
    credential: str = "FullStory sandbox",
) -> str:
    """Load `file` and activate a destination for it; return the destination's id."""
    used = Credential.objects.get(name=credential)
    if is_uploaded:
        deeds.upload(file, used.organization)
    else:
        call_command("load", file, stdout=StringIO())
    nexset = Nexset.objects.filter(name=Path(file).stem).latest("created_at")
    attributes = Schema.from_json(nexset.attributes).attributes
    configuration = configurations.guess(
        catalogue.endpoint(endpoint), [attribute.path for attribute in attributes]
    )
    if batch_records and configuration.batch:
        configuration = replace(
            configuration, batch=replace(configuration.batch, records=batch_records)
        )
    destination = Destination.objects.create(
        organization=used.organization,
        nexset=nexset,
        credential=used,
        connector="fullstory",
        name=nexset.name,
    )
    control.save_version(destination, configuration, user=None, now=now())
    if is_active:
        activate(str(destination.pk))
    return str(destination.pk)


def activate(destination: str) -> bool:
    """Press Activate."""
    return control.activate(Destination.objects.get(pk=destination), now=now())


def edit(destination: str, display_name: str) -> int:
    """Save the configuration with another constant name; return the number of its version."""
    found = Destination.objects.get(pk=destination)
    before = found.version.read()
    mapping = dict(before.mapping) | {"display_name": Value("constant", display_name)}
    after = replace(before, mapping=tuple(mapping.items()))
    return control.save_version(found, after, user=None, now=now()).number


def nudge(destination: str, times: int = 1) -> int:
    """Send a hint for each lane of a destination, some times; return how many."""
    lanes = list(Destination.objects.get(pk=destination).lanes.values_list("pk", flat=True))
    for lane_id in lanes * times:
        hints.nudge_lane(lane_id)
    return len(lanes) * times


def forge(task: str, **arguments: object) -> None:
    """Send a hint that nobody of ours would send."""
    app.send_task(task, kwargs=arguments, queue="drain")


def delete(destination: str) -> None:
    """Press Pause, wait, press Delete."""
    found = Destination.objects.get(pk=destination)
    control.pause(found, now=now())
    while Destination.objects.get(pk=destination).is_pausing:
        control.finish_pausing(found.pk, now=now())
        sleep(0.05)
    control.delete(found)


def pause(destination: str) -> bool:
    """Press Pause."""
    return control.pause(Destination.objects.get(pk=destination), now=now())


def pause_all() -> int:
    """Press Pause everywhere; return where that changed something."""
    return sum(
        control.pause(each, now=now()) for each in Destination.objects.filter(status="active")
    )


def account(destination: str) -> dict[str, Any]:
    """Return the balance, the status, and what the lanes wait for."""
    found = Destination.objects.get(pk=destination)
    lanes = found.lanes.values("number", "cursor", "due_at", "lease_until", "waits_for")
    standing = {"status": found.status, "status_reason": found.status_reason, "lanes": list(lanes)}
    return asdict(balance(found)) | standing


def most_attempts(destination: str) -> int:
    """Return the highest number of attempts that is counted against a record."""
    found = Destination.objects.get(pk=destination)
    counted = [*found.parked.values_list("attempts", flat=True)]
    counted += found.quarantined.values_list("attempts", flat=True)
    return max(counted, default=0)


def set_aside(destination: str) -> list[str]:
    """Return the order keys of the quarantined records."""
    found = Destination.objects.get(pk=destination)
    return list(found.quarantined.filter(status="open").values_list("order_key", flat=True))


def use_key(key: str) -> None:
    """Put another key into the sandbox's credential."""
    credential = Credential.objects.get(name="FullStory sandbox")
    credential.seal(key)
    credential.status = Credential.Status.VERIFIED
    credential.save()


def limit(per_second: float | None) -> None:
    """Limit the calls of the sandbox's credential."""
    Credential.objects.filter(name="FullStory sandbox").update(per_second=per_second)


def sealed_secrets(secret: str) -> list[str]:
    """Return where `secret` can be read in what the books keep of calls and records."""
    told = [
        f"call of lane {page.lane_id}"
        for page in CallPage.objects.iterator()
        for line in blocks.unpack(bytes(page.data))
        if secret.encode() in line
    ]
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields]
        for row in model.objects.values_list(*names).iterator():  # type: ignore[attr-defined]
            if any(secret in str(value) for value in row):
                told.append(f"a row of {model.__name__}")
    return told


def jobs(destination: str) -> dict[str, tuple[int, int]]:
    """Return how many records each import job took in, and how many it refused."""
    found = Destination.objects.get(pk=destination).jobs.all()
    return {job.job_id: (job.imported, job.errors) for job in found}


ORDERS: dict[str, Callable[..., object]] = {
    order.__name__: order
    for order in (
        *(send, activate, pause, pause_all, account, most_attempts, set_aside, jobs),
        *(
            edit,
            nudge,
            forge,
            delete,
            use_key,
            limit,
            sealed_secrets,
            deeds.release,
            deeds.prune,
            dump.database,
            papers.records,
            papers.calls,
            papers.standing,
        ),
    )
}


def answer(name: str, arguments: dict[str, object]) -> list[object]:
    """Return [True, what the order brought], or [False, why the database did not let it].

    Where the fault of the moment cut our connection, the next one may do.
    """
    failure: DatabaseError | None = None
    for _ in range(TRIES):
        try:
            return [True, ORDERS[name](**arguments)]
        except DatabaseError as failed:
            failure = failed
            connection.close()
            sleep(AGAIN_AFTER_S)
    return [False, f"{name}: {failure}"]


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line)), default=str), flush=True)
