"""What people decided on records that were set aside, and how they changed them before that."""

from django.conf import settings
from django.db import models

from fsdest.models.destinations import Destination


class EditedRecord(models.Model):
    """A record as a person wrote it anew. The block keeps the one that came in.

    Never changed: who edits again makes another, and the last one is sent.
    """

    destination = models.ForeignKey(
        Destination, on_delete=models.CASCADE, related_name="edited_records"
    )
    offset = models.PositiveBigIntegerField()
    line = models.TextField()  # one JSON object, as records.blocks.encode writes it
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["destination", "offset"], name="edited_offset")]

    def __str__(self) -> str:
        return f"offset {self.offset}, edited at {self.edited_at}"


class Decision(models.Model):
    """Release or discard open records of a quarantine, offset by offset: see delivery.decisions.

    It means the records that were set aside until `until`, and passes each offset once: a record
    that FullStory refuses again stays for another decision.
    """

    class Verb(models.TextChoices):
        RELEASE = "release"
        DISCARD = "discard"

    class Status(models.TextChoices):
        RUNNING = "running"
        COMPLETED = "completed"
        CANCELLED = "cancelled"  # the rest stayed where it was

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=10, choices=Verb)
    ids = models.JSONField(default=list)  # of some records; empty: all of `code`, or all
    code = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField()
    is_original = models.BooleanField(default=False)  # each under the version that it had
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    total = models.PositiveIntegerField()  # records, as counted at the start
    done = models.PositiveIntegerField(default=0)  # released or discarded so far
    next_offset = models.PositiveBigIntegerField(default=0)  # those before it were passed
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    # One worker at a time: see delivery.decisions.
    owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.verb} {self.total:,} records of {self.destination}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_release(self) -> bool:
        return self.verb == self.Verb.RELEASE

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 100
