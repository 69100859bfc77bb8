"""Fill a fresh PostgreSQL with pages of calls, then open the console's pages; print milliseconds.

    many_calls.py PAGES PAGES ...

For each number of pages, the table is filled up to it and the pages are opened again and again, by
Django's own client: no socket, so what is measured is the product and its database.
"""

import json
import os
import sys
import time
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsdest.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from fsdest.delivery import control, hours  # noqa: E402
from fsdest.fullstory import catalogue  # noqa: E402
from fsdest.models import CallPage, Credential, Destination, Nexset, Organization, Source  # noqa: E402  # noqa: E402
from fsdest.payloads import configuration as configurations  # noqa: E402

DESTINATIONS = 50
CALLS_A_PAGE = 500
DAYS = 14  # as long as calls are kept
OPENED = 20  # times each

# A page for each number, spread over all lanes and over the last days, the newest last.
FILL = """
INSERT INTO fsdest_callpage (destination_id, lane_id, first_offset, last_offset, calls,
                             failed_calls, records, first_at, last_at, data)
SELECT lanes.destination_id, lanes.id, n * 500, n * 500 + 499, %(calls)s, n %% 7,
       %(calls)s - n %% 7, at - interval '1 second', at, decode(repeat('ab', 40), 'hex')
FROM generate_series(%(first)s::bigint, %(last)s::bigint - 1) AS n
JOIN (SELECT id, destination_id, row_number() OVER (ORDER BY id) - 1 AS place,
             count(*) OVER () AS lanes FROM fsdest_lane) AS lanes ON lanes.place = n %% lanes.lanes
CROSS JOIN LATERAL (SELECT now() - interval '1 day' * (
    %(days)s * (1 - (n - %(first)s)::float / (%(last)s - %(first)s)))) AS times (at)
"""


def begin() -> Client:
    """Make the tables and destinations with four lanes each; return the operator's browser."""
    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(name="Bench")
    source = Source.objects.create(organization=organization, name="users.csv", status="ready")
    nexset = Nexset.objects.create(
        organization=organization, source=source, name="Users", is_ready=True, record_count=10**7
    )
    credential = Credential(organization=organization, name="Key")
    credential.seal("na1.an-invented-key/ORG")
    credential.save()
    guessed = configurations.guess(catalogue.endpoint("create-or-update-user"), ["uid", "email"])
    for number in range(DESTINATIONS):
        destination = Destination.objects.create(
            organization=organization, nexset=nexset, credential=credential, name=f"To {number}"
        )
        control.save_version(destination, guessed, user=None, now=now())
        control.activate(destination, now=now())
    operator = Client(HTTP_HOST="127.0.0.1")
    operator.force_login(User.objects.create_superuser("operator"))
    return operator


def fill(first: int, last: int) -> None:
    """Add the pages from number `first` to before `last`, and close their hours as beat does."""
    with connection.cursor() as cursor:
        numbers = {"calls": CALLS_A_PAGE, "days": DAYS, "first": first, "last": last}
        cursor.execute(FILL, numbers)
        cursor.execute("DELETE FROM fsdest_callhour")
        cursor.execute("VACUUM ANALYZE fsdest_callpage")
    hours.close(now=now())


def opened(operator: Client) -> dict[str, list[float]]:
    """Open each page; return how many milliseconds it took each time."""
    calls = reverse("admin:fsdest_callpage_changelist")
    one = Destination.objects.order_by("created_at").first()
    page = CallPage.objects.order_by("-pk").first()
    if one is None or page is None:
        raise SystemExit("nothing was filled in")
    where = {
        "the dashboard": reverse("admin:index"),
        "the list of calls": calls,
        "its last page": f"{calls}?p=40",
        "the calls of one destination": f"{calls}?destination={one.pk}",
        "the list of destinations": reverse("admin:fsdest_destination_changelist"),
        "one destination": reverse("admin:fsdest_destination_change", args=[one.pk]),
    }
    return {name: timed(operator, address) for name, address in where.items()}


def timed(operator: Client, address: str) -> list[float]:
    """Return the milliseconds of each answer, after one that does not count."""
    taken = []
    for _ in range(OPENED + 1):
        began = time.perf_counter()
        answer = operator.get(address)
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
    return taken[1:]


if __name__ == "__main__":
    operator, filled, found = begin(), 0, {}
    for pages in map(int, sys.argv[1:]):
        fill(filled, pages)
        filled = pages
        for name, taken in opened(operator).items():
            found[f"{pages * CALLS_A_PAGE:,} calls in {pages:,} rows: {name}"] = taken
    print(json.dumps(found))
