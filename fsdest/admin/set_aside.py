"""Records that wait to be tried again, and records that were set aside for a person to decide."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.timezone import now

from fsdest.admin.asked import Told, asks
from fsdest.admin.books import OfDestination, ReadOnly, chip, code, link, moment, when
from fsdest.audit import who_asks
from fsdest.delivery import decisions
from fsdest.delivery.quarantine import Scope
from fsdest.models import Decision, Destination, Parked, QuarantinedRecord

DONE = {Decision.Verb.RELEASE: "released", Decision.Verb.DISCARD: "discarded"}

Record = Parked | QuarantinedRecord


@asks("Release: send again", "Send these records again?")
def release(rows: QuerySet[QuarantinedRecord]) -> Told:
    """Send the open ones of the chosen records again."""
    return _decided(rows, Decision.Verb.RELEASE)


@asks("Discard: skip for good", "Skip these records for good? They count as skipped then.")
def discard(rows: QuerySet[QuarantinedRecord]) -> Told:
    """Skip the open ones of the chosen records."""
    return _decided(rows, Decision.Verb.DISCARD)


def _decided(rows: QuerySet[QuarantinedRecord], verb: Decision.Verb) -> Iterator[tuple[bool, str]]:
    chosen: dict[UUID, list[int]] = {}
    for pk, owner in rows.order_by().values_list("pk", "destination_id"):
        chosen.setdefault(owner, []).append(pk)
    for destination in Destination.objects.filter(pk__in=list(chosen)):
        scope = Scope(ids=chosen[destination.pk])
        made = decisions.decide(destination, verb, scope, user=who_asks(), now=now())
        yield made.total > 0, f"{destination}: {made.total:,} of {len(scope.ids):,} {DONE[verb]}."


class RecordAdmin(ReadOnly):
    list_filter: ClassVar[tuple[Any, ...]] = (OfDestination,)
    list_select_related = ("destination__nexset", "lane")
    search_fields = ("order_key__exact",)
    search_help_text = "A uid, in full, within a destination"
    ordering = ("-id",)

    @admin.display(description="record")
    def place(self, record: Record) -> str:
        """Return its offset."""
        return f"Record {record.offset:,}"

    @admin.display(description="destination")
    def of(self, record: Record) -> SafeString | str:
        """Return a link to its destination."""
        return link(record.destination)

    @admin.display(description="lane")
    def lane_of(self, record: Record) -> SafeString | str:
        """Return a link to its lane."""
        return link(record.lane, f"Lane {record.lane.number}")

    @admin.display(description="the record")
    def peek(self, record: Record) -> SafeString:
        """Return it as the nexset has it."""
        line = record.destination.nexset.line(record.offset)
        return code(line.decode(errors="replace") if line else "It is no longer there.")


@admin.register(Parked)
class ParkedAdmin(RecordAdmin):
    list_display = ("place", "of", "order_key", "due", "attempts", "reason")
    fields = (
        *("of", "lane_of", "version", "offset", "order_key", "due", "attempts", "generation"),
        *("reason", "parked_at", "peek"),
    )

    @admin.display(description="due (UTC)")
    def due(self, record: Parked) -> str:
        """Return when it is tried again."""
        return moment(record.due_at)


@admin.register(QuarantinedRecord)
class QuarantineAdmin(RecordAdmin):
    list_display = ("place", "of", "order_key", "state", "code", "reason", "since")
    list_filter: ClassVar[tuple[Any, ...]] = (OfDestination, "status")
    actions = (release, discard)
    fields = (
        *("of", "lane_of", "version", "offset", "order_key", "state", "code", "reason", "message"),
        *("reply_status", "attempts", "generation", "since", "peek"),
    )

    @admin.display(description="status")
    def state(self, record: QuarantinedRecord) -> SafeString:
        """Return whether it waits for a decision."""
        return chip(record.status, record.get_status_display())

    @admin.display(description="set aside (UTC)")
    def since(self, record: QuarantinedRecord) -> str:
        """Return when it was set aside."""
        return moment(record.quarantined_at)


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    list_display = (
        *("number", "of", "verb", "state", "total", "done", "created_by"),
        when("created_at", "decided"),
    )
    list_filter = (OfDestination, "status")
    list_select_related = ("destination", "created_by")
    ordering = ("-id",)

    @admin.display(description="decision")
    def number(self, decision: Decision) -> str:
        """Return its number."""
        return f"Decision {decision.pk}"

    @admin.display(description="destination")
    def of(self, decision: Decision) -> SafeString | str:
        """Return a link to its destination."""
        return link(decision.destination)

    @admin.display(description="status")
    def state(self, decision: Decision) -> SafeString:
        """Return how far it is."""
        return chip(decision.status, decision.get_status_display())
