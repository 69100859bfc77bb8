"""How often somebody asked for what costs something: one row for a person and a kind, in place."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F


class BurstQuerySet(models.QuerySet["Burst"]):
    def spend(self, who: str, what: str, *, most: int, span: timedelta, now: datetime) -> timedelta:
        """Count one more attempt; return how long to wait: nothing where it may go on.

        Exact for requests at the same moment: each is let through by an update of its own.
        """
        mine = self.filter(who=who, what=what)
        running, over = mine.filter(began_at__gt=now - span), mine.filter(began_at__lte=now - span)
        for _ in range(3):
            if running.filter(times__lt=most).update(times=F("times") + 1):
                return timedelta(0)
            if over.update(began_at=now, times=1):
                return timedelta(0)
            found = mine.first()
            if found is None:
                self.bulk_create([Burst(who=who, what=what, began_at=now)], ignore_conflicts=True)
            elif found.times >= most:
                return found.began_at + span - now
        return span  # so many at once that none of three looks found a free place

    def forget(self, before: datetime) -> None:
        """Delete those that are over."""
        self.filter(began_at__lt=before).delete()


class Burst(models.Model):
    """What `who` (a person, or the address of somebody unknown) asked for since it began."""

    who = models.CharField(max_length=60)
    what = models.CharField(max_length=60)  # what a web.haste.Pace counts
    began_at = models.DateTimeField(db_index=True)
    times = models.PositiveIntegerField(default=0)

    objects = BurstQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["who", "what"], name="burst_once")]

    def __str__(self) -> str:
        return f"{self.times} {self.what} by {self.who} since {self.began_at}"
