"""Destinations: status, what is behind, whether the account balances; and what is done to them."""

import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now

from fsdest.admin.asked import Told, asks
from fsdest.admin.books import ReadOnly, chip, code, link, list_link, table, when
from fsdest.audit import Action, record
from fsdest.delivery import account, control
from fsdest.delivery.account import Balance
from fsdest.delivery.recount import recount
from fsdest.models import Destination
from fsdest.payloads import secrets_in

RECOUNTED_HERE = 2_000_000  # records; reading more takes longer than a page may
PLACES = ("accepted", "delivered", "in_jobs", "pending", "parked", "skipped", "quarantined")
BOOKS = (
    *(("lane", "Lanes"), ("callpage", "Calls"), ("importjob", "Import jobs")),
    *(("parked", "Parked"), ("quarantinedrecord", "Quarantine"), ("dryrun", "Dry runs")),
)


@asks("Activate", "Let these destinations send?")
def activate(rows: QuerySet[Destination]) -> Told:
    """Let paused and halted destinations send."""
    return _turned(rows, control.activate, "is active.", "was not paused; nothing was changed.")


@asks("Pause", "Let these destinations send no more for now?")
def pause(rows: QuerySet[Destination]) -> Told:
    """Let active destinations send no more."""
    return _turned(rows, control.pause, "pauses.", "was not active; nothing was changed.")


@asks("Re-count the books", "Count every record of these destinations again?")
def recount_books(rows: QuerySet[Destination]) -> Told:
    """Count the records again from the tables, and compare."""
    return _recounted(rows)


def _turned(
    rows: QuerySet[Destination], turn: Callable[..., bool], done: str, not_done: str
) -> Iterator[tuple[bool, str]]:
    for destination in rows:
        turned = turn(destination, now=now())
        yield turned, f"{destination} {done if turned else not_done}"


def _recounted(rows: QuerySet[Destination]) -> Iterator[tuple[bool, str]]:
    for destination in rows.exclude(version=None).select_related("nexset", "organization"):
        if destination.nexset.record_count > RECOUNTED_HERE:
            yield False, f"{destination} has too many records for this page: manage.py checkbooks."
            continue
        found = recount(destination)
        after = {"is_right": found.is_right, "disagreements": found.disagreements}
        record(Action.RECOUNTED, destination, after=after)
        said = "; ".join(found.disagreements) or "every record is where the books say"
        yield found.is_right, f"{destination}: {said}."


class WithBalances(ChangeList):
    """The list, with the account of every destination on the page in one statement."""

    def get_results(self, request: HttpRequest) -> None:
        """Bring the accounts along."""
        super().get_results(request)
        shown = list(self.result_list)
        found = account.balances(Destination.objects.filter(pk__in=[each.pk for each in shown]))
        for each in shown:
            each.account = found[each.pk]
        self.result_list = shown


@admin.register(Destination)
class DestinationAdmin(ReadOnly):
    list_display = (
        "name",
        "organization",
        "state",
        "behind",
        "delivered",
        "aside",
        "balances",
        when("created_at", "created"),
    )
    list_filter = ("status",)
    list_select_related = ("organization", "version")
    search_fields = ("name", "organization__name", "nexset__name")
    actions = (activate, pause, recount_books)
    fields: ClassVar[tuple[str, ...]] = (
        *("name", "organization", "from_nexset", "with_credential", "state", "status_reason"),
        *("accounted", "books", "configuration", "created_at", "activated_at"),
    )

    def get_changelist(self, request: HttpRequest, **_more: Any) -> type[ChangeList]:
        """Return the list with balances."""
        return WithBalances

    @admin.display(description="status")
    def state(self, destination: Destination) -> SafeString:
        """Return its status, marked where the breaker holds it back."""
        shown = chip(destination.status, destination.get_status_display())
        if destination.probe_at is None:
            return shown
        return format_html("{} {}", shown, destination.failing_reason)

    @admin.display(description="behind")
    def behind(self, destination: Destination) -> str:
        """Return how many records wait to be sent."""
        found = _account(destination)
        return f"{found.pending + found.parked + found.in_jobs:,}"

    @admin.display(description="delivered")
    def delivered(self, destination: Destination) -> str:
        """Return how many records are delivered."""
        return f"{_account(destination).delivered:,}"

    @admin.display(description="set aside")
    def aside(self, destination: Destination) -> str:
        """Return how many records wait for a person's decision."""
        return f"{_account(destination).quarantined:,}"

    @admin.display(description="balances", boolean=True)
    def balances(self, destination: Destination) -> bool:
        """Return whether each record is in exactly one place."""
        return _account(destination).is_balanced

    @admin.display(description="nexset")
    def from_nexset(self, destination: Destination) -> SafeString | str:
        """Return a link to its nexset."""
        return link(destination.nexset)

    @admin.display(description="credential")
    def with_credential(self, destination: Destination) -> SafeString | str:
        """Return a link to its credential."""
        return link(destination.credential)

    @admin.display(description="account")
    def accounted(self, destination: Destination) -> SafeString:
        """Return where its records are."""
        found = _account(destination)
        heads = [name.replace("_", " ").capitalize() for name in PLACES]
        return table(heads, [[f"{getattr(found, name):,}" for name in PLACES]])

    @admin.display(description="books")
    def books(self, destination: Destination) -> SafeString:
        """Return links to all that is known of it."""
        lists = [list_link(label, kind, destination=destination.pk) for kind, label in BOOKS]
        page = "wizard-configure" if destination.is_draft else "destination"
        shown = format_html('<a href="{}">Its page</a>', reverse(page, args=[destination.pk]))
        return format_html_join(" · ", "{}", ((each,) for each in (*lists, shown)))

    @admin.display(description="configuration")
    def configuration(self, destination: Destination) -> SafeString | str:
        """Return the version in force, without secrets."""
        if destination.version is None:
            return "It is a draft."
        safe, _ = secrets_in.without(destination.version.read())
        return code(json.dumps(safe.to_json(), indent=2, ensure_ascii=False))


def _account(destination: Destination) -> Balance:
    known: Balance | None = getattr(destination, "account", None)
    if known is None:
        known = account.balance(destination)
        destination.account = known  # type: ignore[attr-defined]
    return known
