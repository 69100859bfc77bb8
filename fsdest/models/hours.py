"""How many calls an hour had: a row for each that is over, since pages are too many to add up."""

from django.db import models


class CallHour(models.Model):
    """The calls that ended in one hour, of all destinations."""

    hour = models.DateTimeField(unique=True)  # its beginning
    calls = models.PositiveBigIntegerField()
    failed_calls = models.PositiveBigIntegerField()  # those that delivered nothing
    records = models.PositiveBigIntegerField()  # delivered, or handed to an import job

    class Meta:
        ordering = ["hour"]

    def __str__(self) -> str:
        return f"{self.calls} calls from {self.hour}"
