"""The books: what was called, what FullStory is still importing, what waits, what was set aside."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from fsdest.fullstory import unknown
from fsdest.models.destinations import Destination, Lane, Version

# FullStory states no limit; the longest import on its own pages takes an hour.
LATE_AFTER = timedelta(hours=2)


class CallPage(models.Model):
    """The calls of one checkpoint, compressed: a row for each call would be most of the database.

    `data` holds one JSON line a call, as delivery.pages writes and reads it.
    """

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="pages")
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="pages")
    first_offset = models.PositiveBigIntegerField()  # lowest in any of its calls
    last_offset = models.PositiveBigIntegerField()  # highest
    calls = models.PositiveIntegerField()
    failed_calls = models.PositiveIntegerField(default=0)  # calls that delivered nothing
    records = models.PositiveIntegerField(default=0)  # delivered, or handed to an import job
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    data = models.BinaryField()

    class Meta:
        ordering = ["-last_at", "-id"]
        verbose_name_plural = "calls"
        indexes = [
            models.Index(fields=["destination", "-last_at"], name="page_recent"),
            models.Index(fields=["lane", "first_offset"], name="page_offset"),
            models.Index(fields=["last_at"], name="page_time"),
        ]

    def __str__(self) -> str:
        calls = "1 call" if self.calls == 1 else f"{self.calls:,} calls"
        return f"{calls} until {self.last_at:%Y-%m-%d %H:%M:%S}"


class ImportJob(models.Model):
    """A batch that FullStory took and imports in its own time; ours to follow to the end."""

    class Status(models.TextChoices):
        PROCESSING = "processing"
        COMPLETED = "completed"  # every record was imported
        FAILED = "failed"  # at least one was not

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="jobs")
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="jobs")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    job_id = models.CharField(max_length=300)  # FullStory's
    offsets = models.JSONField()  # [[first, last], ...]
    records = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status, default=Status.PROCESSING)
    imported = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # when to ask next; empty: finished
    polls = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)  # why asking does not get on
    owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["destination", "job_id"], name="one_job_each"),
        ]
        indexes = [models.Index(fields=["due_at"], name="job_due")]

    def __str__(self) -> str:
        return self.job_id

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.PROCESSING

    @property
    def is_partly_imported(self) -> bool:
        """Whether it has ended with errors, but not for all of its records."""
        return self.status == self.Status.FAILED and self.imported > 0

    @property
    def told(self) -> str:
        """What became of it so far. One error among many is no failure of the whole."""
        return "Completed with errors" if self.is_partly_imported else self.get_status_display()

    def is_late(self, now: datetime) -> bool:
        """Whether it has taken so long that a person should look at it. It is still followed."""
        return self.is_open and now - self.created_at >= LATE_AFTER


class Parked(models.Model):
    """A record that waits to be tried again, or queues behind an earlier one of its key."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="parked")
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="parked")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    offset = models.PositiveBigIntegerField()
    order_key = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)  # part of the idempotency key
    reason = models.CharField(max_length=500, blank=True)
    parked_at = models.DateTimeField()

    class Meta:
        ordering = ["offset", "id"]
        verbose_name = "parked record"
        constraints = [
            models.UniqueConstraint(fields=["destination", "offset"], name="parked_once"),
        ]
        indexes = [
            models.Index(fields=["lane", "due_at"], name="parked_due"),
            # Which one is the first of its key: asked for each of tens of thousands.
            models.Index(fields=["lane", "order_key", "offset"], name="parked_key"),
        ]

    def __str__(self) -> str:
        return f"record {self.offset:,}, due {self.due_at:%Y-%m-%d %H:%M:%S}"


class QuarantinedRecord(models.Model):
    """A record that was set aside, with FullStory's reason. Open ones count in the balance."""

    class Status(models.TextChoices):
        OPEN = "open"
        RELEASED = "released"  # sent again
        DISCARDED = "discarded"  # skipped for good

    destination = models.ForeignKey(
        Destination, on_delete=models.CASCADE, related_name="quarantined"
    )
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="quarantined")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    offset = models.PositiveBigIntegerField()
    order_key = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    code = models.CharField(max_length=100)  # FullStory's, or ours for records we could not build
    reason = models.CharField(max_length=500)  # one sentence for a person
    message = models.TextField(blank=True)  # FullStory's own words, unless it is_unanswered
    reply_status = models.PositiveIntegerField(null=True)  # empty: never sent, or an import job
    attempts = models.PositiveIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)
    quarantined_at = models.DateTimeField()
    seen_closed_at = models.DateTimeField(null=True)  # by delivery.prune: its age counts from then

    class Meta:
        ordering = ["offset", "id"]
        verbose_name_plural = "quarantine"
        constraints = [
            models.UniqueConstraint(fields=["destination", "offset"], name="quarantined_once"),
        ]
        indexes = [
            models.Index(
                fields=["destination", "code"], condition=Q(status="open"), name="quarantine_open"
            ),
        ]

    def __str__(self) -> str:
        return f"record {self.offset:,}: {self.reason}"

    @property
    def is_unanswered(self) -> bool:
        """Whether `message` tells what happened to us, and is nothing that FullStory said."""
        return self.code == unknown.CODE
