"""Forms that were sent: each drawn form has a number, and is taken once."""

from datetime import datetime
from uuid import UUID

from django.db import models


class TakenFormQuerySet(models.QuerySet["TakenForm"]):
    def take(self, number: UUID, *, now: datetime) -> tuple["TakenForm", bool]:
        """Return the form of `number`, and whether it is sent for the first time.

        The unique number decides between two that come at the same moment.
        """
        return self.get_or_create(number=number, defaults={"at": now})

    def forget(self, before: datetime) -> None:
        """Delete those that nobody sends a second time any more."""
        self.filter(at__lt=before).delete()


class TakenForm(models.Model):
    """A form that was sent, and how that was answered. One that was refused is not kept."""

    number = models.UUIDField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the answer; None: not answered yet
    led_to = models.CharField(max_length=2000, blank=True)  # where the answer sent the person

    objects = TakenFormQuerySet.as_manager()

    def __str__(self) -> str:
        return f"form {self.number}, sent at {self.at}"
