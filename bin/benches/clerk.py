"""The bench's hands inside the product: reads orders as JSON lines, answers each with one.

Runs on the database of its environment, beside a running product, with Django loaded once.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "bin")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from benches import records as made  # noqa: E402
from fsdest import ingest  # noqa: E402
from fsdest.delivery import control  # noqa: E402
from fsdest.delivery.progress import progress  # noqa: E402
from fsdest.fullstory import by_hand, catalogue  # noqa: E402
from fsdest.models import Block, Credential, Destination, Nexset, Source  # noqa: E402
from fsdest.payloads.configuration import Batch, Configuration, Value, guess  # noqa: E402
from fsdest.records.schema import Schema  # noqa: E402

BLOCKS_AT_ONCE = 100


def credential() -> Credential:
    """Return the sandbox's credential, which leads to the sink here."""
    return Credential.objects.get(target=Credential.Target.SANDBOX)


def nexset(records: int) -> str:
    """Store a nexset of so many records, a multiple of the size of a block."""
    organization = credential().organization
    source = Source.objects.create(
        organization=organization, name="Bench", status=Source.Status.READY, share_read=1
    )
    schema = Schema()
    schema.learn(made.record(0))
    stored = Nexset.objects.create(
        organization=organization,
        source=source,
        name="Bench",
        is_ready=True,
        record_count=records,
        attributes=schema.to_json(),
    )
    some = []
    for first, data in made.packed(records):
        some.append(Block(nexset=stored, first_offset=first, count=made.BLOCK, data=data))
        if len(some) == BLOCKS_AT_ONCE:
            Block.objects.bulk_create(some)
            some.clear()
    Block.objects.bulk_create(some)
    return str(stored.pk)


def configuration(kind: str, batch: int) -> Configuration:
    """Return what a destination of `kind` sends: single, verbatim or mapped."""
    paths = [attribute.path for attribute in made.schema().attributes]
    if kind == "single":
        return guess(catalogue.endpoint("create-or-update-user"), paths)
    if kind == "mapped":
        mapped = guess(catalogue.endpoint("batch-create-users"), paths)
        return Configuration(
            endpoint=mapped.endpoint,
            mapping=(
                ("uid", Value("attribute", "uid")),
                ("display_name", Value("attribute", "name")),
                ("email", Value("attribute", "email")),
            ),
            rest="properties",
            exclude=(made.EXCLUDED,),
            batch=Batch(records=batch, settings=(("name", "requests"),)),
        )
    url = f"{credential().base_url}/records"
    return Configuration(
        endpoint=by_hand.endpoint("POST", url),
        rest="record",
        batch=Batch(records=batch, algorithm="array", max_bytes=64 * 2**20),
    )


def destination(nexset: str, kind: str, batch: int = 1) -> str:
    """Make a paused destination."""
    of = Nexset.objects.get(pk=nexset)
    begun = Destination.objects.create(
        organization=of.organization,
        nexset=of,
        credential=credential(),
        connector="fullstory",
        name=f"Bench {kind}",
    )
    control.save_version(begun, configuration(kind, batch), user=None, now=now())
    return str(begun.pk)


def activate(destination: str) -> float:
    """Activate; return the moment before it."""
    began = time.monotonic()
    control.activate(Destination.objects.get(pk=destination), now=now())
    return began


def standing(destination: str) -> dict[str, int | bool]:
    """Return how much was delivered, and whether nothing is left to do."""
    found = progress(Destination.objects.get(pk=destination), now=now())
    return {
        "accepted": found.balance.accepted,
        "delivered": found.balance.delivered,
        "is_done": found.is_done,
    }


def read(file: str) -> str:
    """Have a worker read a copy of `file`, as after an upload; return the source."""
    copy = Path(settings.UPLOAD_DIR, f"bench-{time.monotonic_ns()}")
    shutil.copyfile(file, copy)
    organization = credential().organization
    size = copy.stat().st_size
    started = ingest.start(organization, name="Bench", file_name="b.csv", path=copy.name, size=size)
    return str(started.pk)


def rows(source: str) -> dict[str, int | str]:
    """Return how far a source has been read."""
    found = Source.objects.get(pk=source)
    return {"status": found.status, "rows": found.rows_read, "rejected": found.rows_rejected}


ORDERS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (nexset, destination, activate, standing, read, rows)
}


def main() -> None:
    """Obey until the orders end."""
    for line in sys.stdin:
        name, options = json.loads(line)
        print(json.dumps(ORDERS[name](**options)), flush=True)


if __name__ == "__main__":
    main()
