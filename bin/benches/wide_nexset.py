"""Make a nexset of many wide records, and drafts on it; print their ids as JSON.

    wide_nexset.py RECORDS

Runs on the database of its environment, beside a running product. A few blocks are made and stored
again and again: what a page reads of a nexset is its attributes and a few of its blocks.
"""

import json
import os
import random
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")
django.setup()

from fsdest.models import Block, Credential, Destination, Nexset, Source  # noqa: E402
from fsdest.records import blocks  # noqa: E402
from fsdest.records.schema import Schema  # noqa: E402

DIFFERENT_BLOCKS = 10
WORDS = ["amber", "basil", "cedar", "dune", "ember", "fjord", "grove", "harbor", "islet", "jade"]


def record(number: int, chance: random.Random) -> dict[str, object]:
    """Return an invented customer with 60 attributes, eight of them nested."""
    made: dict[str, object] = {
        "uid": f"customer-{number:07d}",
        "display_name": f"Invented Customer {number}",
        "email": f"customer.{number}@example.com",
        "signed_up": "2024-03-15T14:23:23Z",
        "address": {f"line_{n}": " ".join(chance.choices(WORDS, k=3)) for n in range(4)},
        "plan": {f"option_{n}": chance.random() < 0.5 for n in range(4)},
    }
    for n in range(16):
        made[f"text_{n}"] = " ".join(chance.choices(WORDS, k=2))
        made[f"number_{n}"] = chance.randrange(10_000)
        made[f"ratio_{n}"] = round(chance.random(), 4)
    return made


def nexset(records: int) -> Nexset:
    """Store a nexset of `records`, a multiple of the size of a block."""
    chance, schema, packed = random.Random(7), Schema(), []  # noqa: S311
    for block in range(DIFFERENT_BLOCKS):
        first = block * blocks.RECORDS_PER_BLOCK
        made = [record(first + n, chance) for n in range(blocks.RECORDS_PER_BLOCK)]
        for each in made:
            schema.learn(each)
        packed.append(blocks.pack([blocks.encode(each) for each in made]))
    organization = Credential.objects.get(target=Credential.Target.SANDBOX).organization
    source = Source.objects.create(
        organization=organization, name="Wide", status=Source.Status.READY, share_read=1
    )
    wide = Nexset.objects.create(
        organization=organization,
        source=source,
        name="Wide",
        is_ready=True,
        record_count=records,
        attributes=schema.to_json(),
    )
    size = blocks.RECORDS_PER_BLOCK
    Block.objects.bulk_create(
        Block(nexset=wide, first_offset=first, count=size, data=packed[first // size % len(packed)])
        for first in range(0, records, size)
    )
    return wide


def draft(wide: Nexset) -> Destination:
    """Begin a destination that has come to its last step."""
    credential = Credential.objects.get(target=Credential.Target.SANDBOX)
    return Destination.objects.create(
        organization=wide.organization,
        nexset=wide,
        credential=credential,
        name="Wide to FullStory",
        connector="fullstory",
    )


if __name__ == "__main__":
    wide = nexset(int(sys.argv[1]))
    print(json.dumps({"nexset": str(wide.pk), "destination": str(draft(wide).pk)}))
