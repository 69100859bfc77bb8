"""Where records go: a destination, its immutable configuration versions, and its lanes."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from fsdest.fullstory.endpoints import Endpoint
from fsdest.models.credentials import Credential
from fsdest.models.nexsets import Nexset
from fsdest.models.organizations import Organization, OwnedQuerySet
from fsdest.payloads.configuration import Configuration


class Destination(models.Model):
    """One nexset sent to one endpoint with one credential.

    `draft` is what the wizard has been told so far; *Done* makes a Version of it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        PAUSED = "paused"
        ACTIVE = "active"
        PAUSING = "pausing"  # no new call starts; the last ones are on their way back
        ERROR = "error"  # needs attention: `status_reason` says what

    class Halt(models.TextChoices):
        """What a destination in ERROR waits for."""

        KEY = "key"  # a key that FullStory accepts: it goes on by itself once one was tested
        LEVEL = "level"  # another key: the one it has may not do this
        OTHER = "other"  # a person who puts it right and activates it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="destinations"
    )
    nexset = models.ForeignKey(Nexset, on_delete=models.CASCADE, related_name="destinations")
    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="destinations", null=True
    )
    name = models.CharField(max_length=200)
    connector = models.CharField(max_length=40, blank=True)  # "fullstory", once selected
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    status_reason = models.CharField(max_length=500, blank=True)
    halt = models.CharField(max_length=10, choices=Halt, blank=True)  # empty: not in ERROR
    draft = models.JSONField(default=dict, blank=True)
    version = models.ForeignKey(
        "Version", on_delete=models.PROTECT, related_name="+", null=True
    )  # the one that new slices use
    # Which lane a record belongs to, as delivery.lanes reads it:
    # [{"from": offset, "lanes": how many, "version": the one that gives the order key}, ...]
    stretches = models.JSONField(default=list)
    # Where each reply becomes a record, if the configuration wants that: see delivery.echo.
    echo = models.ForeignKey(Nexset, on_delete=models.SET_NULL, related_name="echoes", null=True)
    # The breaker, see delivery.breaker. Empty: closed. Else: when one call will probe.
    probe_at = models.DateTimeField(null=True)
    failed_probes = models.PositiveIntegerField(default=0)  # in a row
    failing_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["Destination"].as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | Q(version__isnull=False),
                name="destination_without_version_is_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint of the version in force; None for a draft."""
        return self.version.read().endpoint if self.version else None

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def is_paused(self) -> bool:
        return self.status == self.Status.PAUSED

    @property
    def is_pausing(self) -> bool:
        return self.status == self.Status.PAUSING

    @property
    def needs_attention(self) -> bool:
        return self.status == self.Status.ERROR

    @property
    def waits_for_key(self) -> bool:
        """Whether it goes on by itself once its credential has a key that works."""
        return self.needs_attention and self.halt in {self.Halt.KEY, self.Halt.LEVEL}

    @property
    def can_activate(self) -> bool:
        return self.status in {self.Status.PAUSED, self.Status.ERROR}


class Version(models.Model):
    """A configuration as it was saved. Never changed: each call names the version it used."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, ... for each destination
    configuration = models.JSONField()  # payloads.Configuration.to_json()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["destination", "number"], name="one_version_each"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    def read(self) -> Configuration:
        """Return the configuration as the renderer takes it."""
        return Configuration.from_json(self.configuration)


class LaneQuerySet(models.QuerySet["Lane"]):
    def workable(self, now: datetime) -> Self:
        """Keep the lanes of active destinations that nobody works and that are due."""
        return self.filter(
            Q(lease_until=None) | Q(lease_until__lte=now),
            destination__status=Destination.Status.ACTIVE,
            due_at__lte=now,
        )


class Lane(models.Model):
    """One of the parallel ways through a nexset; a record belongs to exactly one.

    Settled are the lane's records below `cursor` and those in `ahead`; nothing else is. A worker
    owns the lane for one slice at a time: `owner` and `epoch` fence its writes, so that one who
    lost the lease changes nothing.
    """

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="lanes")
    number = models.PositiveIntegerField()
    cursor = models.PositiveBigIntegerField(default=0)  # offset
    ahead = models.JSONField(default=list)  # [[first, last], ...] offsets settled past the cursor
    # The slice that was cut: [cursor, slice_end), built from slice_version also after a crash.
    slice_end = models.PositiveBigIntegerField(default=0)
    slice_version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # {first offset of a call: generation} where a 500 asked for another idempotency key.
    slice_generations = models.JSONField(default=dict)
    # [[first, last], ...] offsets of calls without a key that may have been made: delivery.begun.
    begun = models.JSONField(default=list)
    # Claims since something was settled or the lane was given back: one, unless workers die. And
    # what a worker that goes carefully is at. See delivery.trial.
    claims = models.PositiveIntegerField(default=0, db_default=0)
    on_trial = models.JSONField(null=True)
    owner = models.CharField(max_length=32, blank=True)
    epoch = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # when to work it next; empty: nothing to do
    waits_for = models.CharField(max_length=300, blank=True)  # why due_at lies ahead
    failures = models.PositiveIntegerField(default=0)  # slices in a row that got nowhere
    # Counts of this lane's records, kept in step with the cursor; `checkbooks` recounts them.
    taken = models.PositiveBigIntegerField(default=0)  # all settled ones, whatever the outcome
    delivered = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveBigIntegerField(default=0)
    # What calls and import jobs that are no longer kept delivered: a part of `delivered`.
    pruned_delivered = models.PositiveBigIntegerField(default=0)

    objects = LaneQuerySet.as_manager()

    class Meta:
        ordering = ["destination", "number"]
        constraints = [
            models.UniqueConstraint(fields=["destination", "number"], name="one_lane_each"),
        ]
        indexes = [models.Index(fields=["due_at"], name="lane_due")]

    def __str__(self) -> str:
        return f"lane {self.number} of {self.destination}"
