"""A dry run: every request of a nexset made, counted and thrown away."""

import uuid

from django.db import models
from django.db.models import Q

from fsdest.models.destinations import Destination, Version


class DryRun(models.Model):
    """One dry run of one version. `counters` is delivery.forecast.Forecast.to_json()."""

    class Status(models.TextChoices):
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="dry_runs")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=20, choices=Status, default=Status.RUNNING)
    share = models.FloatField(default=0)  # of the records, 0 to 1
    counters = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True)  # why it failed, for a person
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)  # by the worker that has it now
    finished_at = models.DateTimeField(null=True)
    # One worker at a time: see delivery.dryrun.
    owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)  # workers that began

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["destination"],
                condition=Q(status="running"),
                name="one_dry_run_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"dry run of {self.version}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING

    @property
    def is_completed(self) -> bool:
        return self.status == self.Status.COMPLETED

    @property
    def percent(self) -> int:
        return int(self.share * 100)
