"""Calls by the hour: added up once when an hour is over, and live for the one that is not."""

from datetime import datetime, timedelta

from django.db.models import Sum

from fsdest.models import CallHour, CallPage

HOUR = timedelta(hours=1)
LATE = timedelta(minutes=5)  # a page is written down that long after its last call, at most
CLOSED_BACK_TO = timedelta(days=2)


def close(*, now: datetime) -> int:
    """Add up each hour of late that is over and was not added up; return how many. Safe to run
    by any number at any time."""
    first, last = _begin(now - CLOSED_BACK_TO), _begin(now - LATE)
    known = set(CallHour.objects.filter(hour__gte=first).values_list("hour", flat=True))
    missing = [hour for hour in _hours(first, last) if hour not in known]
    CallHour.objects.bulk_create([_added_up(hour) for hour in missing], ignore_conflicts=True)
    return len(missing)


def last(hours: int, *, now: datetime) -> list[CallHour]:
    """Return the last `hours`, the oldest first. The one that runs, and the one before it while
    nobody has closed it, are added up now."""
    current = _begin(now)
    wanted = list(_hours(current - (hours - 1) * HOUR, current + HOUR))
    known = {each.hour: each for each in CallHour.objects.filter(hour__gte=wanted[0])}
    for live in (current, current - HOUR):
        if live not in known:
            known[live] = _added_up(live)
    empty = {"calls": 0, "failed_calls": 0, "records": 0}
    return [known.get(hour) or CallHour(hour=hour, **empty) for hour in wanted]


def _added_up(hour: datetime) -> CallHour:
    pages = CallPage.objects.filter(last_at__gte=hour, last_at__lt=hour + HOUR).order_by()
    sums = {name: Sum(name, default=0) for name in ("calls", "failed_calls", "records")}
    return CallHour(hour=hour, **pages.aggregate(**sums))


def _begin(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hours(first: datetime, end: datetime) -> list[datetime]:
    return [first + n * HOUR for n in range(int((end - first) / HOUR))]
